using System.Net;
using CsCheck;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor;
using Holdfast.Node.Facts;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Doctor;

/// <summary>Every check says something sensible of every machine there could be.</summary>
public sealed class RandomSurveyTests
{
    private const int Runs = 2_000;

    private static readonly Gen<string> Word = Gen.OneOf<string>(
        Gen.String[0, 12],
        Gen.OneOf<string>(
            "",
            ".",
            "-",
            "edge-1",
            "cni0",
            "kubelet",
            "dockerd",
            "libvirtd",
            "overlay",
            "4.9",
            "6.1.0-1",
            "kvm",
            "memory"
        )
    );

    private static readonly Gen<string[]> Words = Word.Array[0, 4];

    private static readonly Gen<IPAddress> Address = Gen.OneOf<IPAddress>(
        Gen.UInt.Select(Ipv4.From),
        Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes))
    );

    private static readonly Gen<IPNetwork> Network = Gen.OneOf<IPNetwork>(
        Gen.Select(Gen.UInt, Gen.Int[0, 32], (bits, length) => Ipv4.NetworkOf(Ipv4.From(bits), length)),
        Gen.OneOf<string>("0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "10.88.0.0/16", "::/0")
            .Select(IPNetwork.Parse)
    );

    private static readonly Gen<HostNetworkFacts> HostNetwork = Gen.Select(
        Words,
        Gen.Select(Word, Words, (name, ports) => new HostBridge(name, ports)).Array[0, 3],
        Gen.Select(
            Word,
            Network,
            Address,
            Gen.Bool,
            (name, to, via, direct) => new HostRoute(name, to, direct ? null : via)
        ).Array[0, 6],
        Address.Array[0, 4],
        Address.Array[0, 4],
        (interfaces, bridges, routes, gateways, addresses) =>
            new HostNetworkFacts
            {
                Interfaces = interfaces,
                Bridges = bridges,
                Routes = routes,
                DefaultGateways = gateways,
                Addresses = addresses,
            }
    );

    private static readonly Gen<NameFacts> Names = Gen.Select(
        Word,
        Gen.Bool,
        Words,
        Gen.Select(
            Gen.Int[1, 9],
            Address,
            Word.Array[1, 3],
            (line, address, names) => new HostsLine(line, address, names)
        ).Array[0, 4],
        (atBoot, knows, servers, hosts) =>
            new NameFacts
            {
                HostNameAtBoot = atBoot.Length == 0 ? null : atBoot,
                KnowsOwnName = knows,
                NameServers = servers,
                Hosts = hosts,
            }
    );

    private static readonly Gen<CniNetwork> PodNetwork = Gen.Select(
        Word,
        Word,
        Words,
        Network.Array[0, 3],
        (file, name, bridges, subnets) => new CniNetwork(file, name.Length == 0 ? null : name, bridges, subnets, name)
    );

    private static readonly Gen<CniPlugin> Plugin = Gen.Select(
        Gen.OneOf<string>(CniPlugin.Needed.ToArray()),
        Words,
        Word,
        (name, versions, problem) => new CniPlugin(name, versions, problem.Length == 0 ? null : problem)
    );

    private static readonly Gen<MachineFacts> Facts = Gen.Select(
        Word,
        Gen.Enum<CgroupMode>(),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, (one, two, three) => (one, two, three)),
        Gen.ULong,
        Plugin.Array[0, 5],
        Word,
        Gen.Select(
            Word,
            Gen.Int[1, 9],
            (value, line) => new SysctlSetting("/etc/sysctl.d/" + value, line, "net/ipv4/ip_forward", value, line > 4)
        ).Array[0, 4],
        (architecture, cgroups, flags, capabilities, plugins, containerd, settings) =>
            new MachineFacts
            {
                Architecture = architecture,
                Cgroups = cgroups,
                IsSystemd = flags.one,
                HasApt = flags.two,
                HasCniPlugins = flags.three,
                CniPluginDirectory = MachineFacts.PackagedCniDirectory,
                CapabilityBounds = new Capabilities(capabilities),
                CniPlugins = plugins,
                ContainerdVersion = containerd,
                ContainerdProblem = flags.one ? containerd : null,
                SysctlFiles = new SysctlFiles(settings, settings),
                Unread = [new UnreadFact(containerd, architecture)],
            }
    );

    private static readonly Gen<VirtualizationFacts> Virtualization = Gen.Select(
        Word,
        Words,
        Words,
        Gen.Enum<KvmAnswer>(),
        Gen.Bool,
        (vendor, flags, missing, answer, vsock) =>
            new VirtualizationFacts
            {
                CpuVendor = vendor,
                CpuFlags = flags.ToHashSet(),
                MissingModules = missing,
                Kvm = vsock ? answer : null,
                HasVsock = vsock,
            }
    );

    private static readonly Gen<MachineSurvey> Surveys = Gen.Select(
        Facts,
        HostNetwork,
        Names,
        PodNetwork.Array[0, 4],
        Virtualization,
        Gen.Select(Word, Word, Word, Words, (host, kernel, other, words) => (host, kernel, other, words)),
        Gen.Select(
            Gen.Long,
            Gen.Long,
            Gen.Bool,
            Gen.DateTimeOffset,
            (disk, memory, flag, now) => (disk, memory, flag, now)
        ),
        (facts, network, names, pods, virtualization, texts, numbers) =>
            new MachineSurvey
            {
                Facts = facts,
                HostNetwork = network,
                Names = names,
                CniNetworks = pods,
                Virtualization = virtualization,
                HostName = texts.host,
                KernelRelease = texts.kernel,
                FileSystem = texts.other,
                Container = numbers.flag ? texts.other : null,
                System = new OsRelease(texts.other, texts.kernel, texts.words),
                Kernel = new KernelFacts(texts.kernel, texts.words.ToHashSet(), numbers.flag),
                MissingControllers = texts.words,
                ActiveSwap = texts.words,
                OtherAgents = texts.words,
                AgentsAtBoot = texts.words,
                StartedAgents = texts.words,
                FreeDiskBytes = numbers.disk,
                FreeInodes = numbers.memory,
                MemoryBytes = numbers.memory,
                IsRoot = numbers.flag,
                Clock = new ClockFacts(numbers.now, numbers.flag, texts.other),
                PortOwners = new Dictionary<int, string> { [7443] = texts.host, [6443] = texts.other },
                Unread = [new UnreadFact(texts.host, texts.other)],
            }
    );

    private static readonly EdgeNodeSpec[] Documents =
    [
        TestFacts.Document(),
        TestFacts.Document(
            "{ cluster: { kubernetes: {} }, host: { swap: unchanged, sysctl: { net.ipv4.ip_forward: 1 } } }"
        ),
        TestFacts.Document(
            "{ host: { hosts: [{ address: 10.0.0.9, names: [edge-1] }] }, runtimes: [{ name: crio, kind: crio }, { name: containerd, install: { present: {} }, cgroupDriver: systemd, handlers: [{ name: kata, runtimeType: io.containerd.kata.v2 }] }] }"
        ),
        TestFacts.Document("{ network: { plugins: { present: {} }, bridge: { name: eth0, subnet: 10.0.0.0/28 } } }"),
    ];

    [Fact]
    public void No_check_fails_on_any_machine_and_each_finding_says_what_and_what_to_do() =>
        Surveys.Sample(
            survey =>
            {
                foreach (var finding in Documents.SelectMany(document => Preflight.Check(survey, document)))
                {
                    Assert.NotEqual("check-failed", finding.Id);
                    Assert.NotEmpty(finding.What);
                    Assert.NotEmpty(finding.Remedy);
                }
            },
            iter: Runs
        );
}
