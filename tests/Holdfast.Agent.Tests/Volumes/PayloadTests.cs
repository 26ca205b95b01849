using System.Text;
using Holdfast.Agent.Volumes;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Volumes;

public sealed class PayloadTests
{
    private const UnixFileMode Default = (UnixFileMode)0x1A4;

    private readonly TestObjects objects = new();

    [Fact]
    public void Every_key_becomes_a_file_unless_items_choose_some()
    {
        objects.WithConfigMap("m", ("a", "1"), ("b", "2"));

        var all = Build(new Volume { ConfigMap = new() { Name = "m" } });
        var chosen = Build(
            new Volume
            {
                ConfigMap = new()
                {
                    Name = "m",
                    DefaultMode = 256,
                    Items =
                    [
                        new()
                        {
                            Key = "b",
                            Path = "x/y",
                            Mode = 384,
                        },
                        new() { Key = "a", Path = "z" },
                    ],
                },
            }
        );

        Assert.Equal([("a", "1", Default), ("b", "2", Default)], all);
        Assert.Equal([("x/y", "2", (UnixFileMode)384), ("z", "1", (UnixFileMode)256)], chosen);
    }

    [Fact]
    public void What_is_missing_holds_the_pod_up_unless_it_is_optional()
    {
        objects.WithSecret("s", ("a", "1"));
        Volume[] broken =
        [
            new() { Secret = new() { SecretName = "none" } },
            new() { ConfigMap = new() { Name = "none" } },
            new()
            {
                Secret = new() { SecretName = "s", Items = [new() { Key = "b", Path = "b" }] },
            },
            new() { Projected = new() { Sources = [new() { Secret = new() { Name = "none" } }] } },
        ];
        foreach (var volume in broken)
        {
            Assert.Equal(AgentReason.FailedMount, Assert.Throws<AgentException>(() => Build(volume)).Reason);
        }

        Assert.Empty(
            Build(
                new Volume
                {
                    Secret = new() { SecretName = "none", Optional = true },
                }
            )
        );
        Assert.Empty(
            Build(
                new Volume
                {
                    Secret = new()
                    {
                        SecretName = "s",
                        Optional = true,
                        Items = [new() { Key = "b", Path = "b" }],
                    },
                }
            )
        );
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a/../../b")]
    [InlineData("..data")]
    [InlineData("")]
    public void A_path_cannot_leave_the_volume(string path)
    {
        objects.WithConfigMap("m", ("k", "1"));
        var volume = new Volume
        {
            ConfigMap = new() { Name = "m", Items = [new() { Key = "k", Path = path }] },
        };
        Assert.Throws<AgentException>(() => Build(volume));
    }

    [Fact]
    public void A_projected_volume_holds_all_of_its_sources()
    {
        objects.WithConfigMap("m", ("a", "1")).WithSecret("s", ("b", "2"));
        var volume = new Volume
        {
            Projected = new()
            {
                DefaultMode = 256,
                Sources =
                [
                    new() { ConfigMap = new() { Name = "m" } },
                    new() { Secret = new() { Name = "s" } },
                    new()
                    {
                        DownwardAPI = new()
                        {
                            Items =
                            [
                                new()
                                {
                                    Path = "name",
                                    FieldRef = new() { FieldPath = "metadata.name" },
                                },
                            ],
                        },
                    },
                ],
            },
        };

        Assert.Equal(
            [("a", "1", (UnixFileMode)256), ("b", "2", (UnixFileMode)256), ("name", "web", (UnixFileMode)256)],
            Build(volume)
        );
    }

    [Fact]
    public void Files_are_replaced_all_at_once_through_one_link()
    {
        using var directory = new TestDirectory();
        var first = File("a", "1");
        Assert.True(PayloadDirectory.Write(directory.Path, [first, File("d/b", "2")], null, TestPods.Now));
        Assert.False(PayloadDirectory.Write(directory.Path, [first, File("d/b", "2")], null, TestPods.Now));
        Assert.Equal("..data/a", new FileInfo(directory["a"]).LinkTarget);
        Assert.Equal("..data/d", new FileInfo(directory["d"]).LinkTarget);
        Assert.Equal("..2030_05_06_07_08_09.000000000", new DirectoryInfo(directory["..data"]).LinkTarget);
        Assert.Equal("2", System.IO.File.ReadAllText(directory["d/b"]));

        Assert.True(PayloadDirectory.Write(directory.Path, [File("a", "3"), File("c", "4")], null, TestPods.Now));

        Assert.Equal("3", System.IO.File.ReadAllText(directory["a"]));
        Assert.Equal("4", System.IO.File.ReadAllText(directory["c"]));
        Assert.Equal(
            ["..2030_05_06_07_08_09.000000001", "..data", "a", "c"],
            Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Equal(Default, System.IO.File.GetUnixFileMode(directory["c"]));
    }

    [Fact]
    public void A_host_path_must_be_what_its_type_says()
    {
        using var directory = new TestDirectory();
        HostPathCheck.Ensure("v", new() { Path = directory["d"], Type = "DirectoryOrCreate" });
        HostPathCheck.Ensure("v", new() { Path = directory["f"], Type = "FileOrCreate" });
        HostPathCheck.Ensure("v", new() { Path = directory["d"], Type = "Directory" });
        HostPathCheck.Ensure("v", new() { Path = directory["f"], Type = "File" });
        HostPathCheck.Ensure("v", new() { Path = "/dev/null", Type = "CharDevice" });
        HostPathCheck.Ensure("v", new() { Path = "/nowhere" });

        foreach (
            var (path, type) in new[]
            {
                ("d", "File"),
                ("f", "Directory"),
                ("x", "Directory"),
                ("f", "Socket"),
                ("f", "BlockDevice"),
                ("f", "Nonsense"),
            }
        )
        {
            var e = Assert.Throws<AgentException>(() =>
                HostPathCheck.Ensure("v", new() { Path = directory[path], Type = type })
            );
            Assert.Equal(AgentReason.FailedMount, e.Reason);
        }
    }

    [Fact]
    public void Hosts_are_those_of_the_kubelet()
    {
        var spec = new PodSpec { HostAliases = [new() { Ip = "1.2.3.4", Hostnames = ["a", "b"] }] };
        Assert.Equal(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
                + "fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"
                + "10.0.0.2\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n",
            EtcHosts.Build(spec, "web", ["10.0.0.2"], () => "")
        );
        Assert.Equal(
            "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n",
            EtcHosts.Build(new PodSpec { HostNetwork = true }, "me", [], () => "127.0.0.1 me\n")
        );
    }

    private static PayloadFile File(string path, string text) => new(path, Encoding.UTF8.GetBytes(text), Default);

    private (string Path, string Text, UnixFileMode Mode)[] Build(Volume volume) =>
        new PayloadBuilder(objects, TestPods.Node)
            .Build(TestPods.Pod(TestPods.Container()), volume with { Name = "v" }, [])!
            .Select(f => (f.Path, Encoding.UTF8.GetString(f.Content), f.Mode))
            .ToArray();
}
