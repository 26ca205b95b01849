using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Images;
using Holdfast.Node.Runtimes.Kata;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>CRI-O: software, configuration in files of our own, service, proof that it serves, built-in images.</summary>
internal sealed class CrioComponent : IComponent
{
    private const string ArchiveDirectory = "/opt/cri-o";

    /// <summary>In the document's stead where the built-in image cannot be put into CRI-O's storage; made for all architectures.</summary>
    private const string FallbackSandboxImage = "registry.k8s.io/pause:3.10";

    /// <summary>
    /// Made by CRI-O at its start when they are missing: for hooks, policies and logins of others, and for the namespaces of
    /// pods. <c>/etc/crio</c> is ours or the package's, and the last to go.
    /// </summary>
    private static readonly string[] SharedDirectories =
    [
        "/usr/share/containers/oci/hooks.d",
        "/usr/share/containers/oci",
        "/usr/share/containers",
        "/etc/crio/policies",
        "/etc/crio/auth",
        "/etc/crio",
        "/run/ipcns",
        "/run/netns",
        "/run/pidns",
        "/run/userns",
        "/run/utsns",
    ];

    public string Name => "cri-o";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts) =>
        spec.Runtimes.Where(r => r.Kind == RuntimeKind.Crio).SelectMany(runtime => BuildRuntime(runtime, spec, facts));

    private static IEnumerable<IStep> BuildRuntime(RuntimeSpec runtime, EdgeNodeSpec spec, MachineFacts facts) =>
        [
            .. BuildSoftware(runtime, facts),
            .. BuildConfig(runtime, spec, facts),
            .. BuildService(runtime, spec, facts),
            .. UsesBuiltinImages(facts) ? BuiltinImage.StepsFor(runtime, facts.Architecture, new CrioImporter()) : [],
        ];

    private static IEnumerable<IStep> BuildSoftware(RuntimeSpec runtime, MachineFacts facts)
    {
        if (runtime.Install is not InstallSpec.Present)
        {
            yield return new RuntimeDataChange(runtime.Name, DataOf(runtime)) { Shared = SharedDirectories };
        }
        if (runtime.Install is InstallSpec.Apt)
        {
            yield return new PackagesChange("cri-o") { Why = "it runs the containers" };
        }
        if (runtime.Install is InstallSpec.Archive { Source: var source })
        {
            // All that upstream packs lies below one directory, whose name is no matter.
            var archive = new SoftwareSpec("cri-o", source)
            {
                Part = SoftwareSpec.SingleDirectory,
                Links =
                [
                    new SoftwareLink(ArchiveDirectory, ""),
                    new SoftwareLink("/usr/local/bin/crictl", "bin/crictl", IsOptional: true),
                ],
            };
            yield return new SoftwareChange(archive) { Why = "it runs the containers" };
        }
        if (UsesBuiltinImages(facts) && facts.HasApt)
        {
            yield return new PackagesChange("skopeo")
            {
                Why = "it puts the images that are made here into CRI-O's storage",
            };
        }
    }

    private static IEnumerable<IStep> BuildConfig(RuntimeSpec runtime, EdgeNodeSpec spec, MachineFacts facts)
    {
        yield return new FileChange(
            CrioRegistries.PolicyFile,
            current => current ?? Encoding.UTF8.GetBytes(CrioRegistries.Policy)
        )
        {
            Title = "there is a policy of which images may be pulled",
        };
        yield return new FileChange(
            CrioRegistries.File,
            async (machine, _, token) =>
                Encoding.UTF8.GetBytes(
                    CrioRegistries.Render(runtime.Registries, await CrioRegistries.KnowsShortNamesAsync(machine, token))
                )
        )
        {
            Title = $"{runtime.Name} knows its registries",
        };
        if (runtime.Registries.Any(r => r.Credentials is not null))
        {
            yield return new FileChange(
                CrioConfig.AuthFileOf(runtime),
                async (machine, _, token) =>
                    Encoding.UTF8.GetBytes(
                        CrioRegistries.RenderLogins(runtime, await RegistryPasswords.ReadAsync(runtime, machine, token))
                    )
            )
            {
                Title = $"{runtime.Name} can log in to its registries",
                Mode = AtomicFile.SecretMode,
                IsSecret = true,
            };
        }
        yield return new FileChange(
            runtime.ConfigFile,
            (machine, _, _) => Task.FromResult(ConfigOf(runtime, spec, facts, machine).Render())
        )
        {
            Title = $"{runtime.Name} is configured",
            Why = $"control groups are {(UsesSystemd(spec, facts) ? "systemd" : "cgroupfs")}'s",
        };
    }

    private static IEnumerable<IStep> BuildService(RuntimeSpec runtime, EdgeNodeSpec spec, MachineFacts facts)
    {
        List<string> files = [runtime.ConfigFile, CrioRegistries.File];
        var isDefaultPlace = Path.GetDirectoryName(runtime.ConfigFile) == "/etc/crio/crio.conf.d";
        var program = ProgramOf(runtime);
        var service = new ServiceDefinition(
            runtime.Service,
            $"CRI-O, as {runtime.Name}, for Holdfast",
            [
                program,
                .. isDefaultPlace
                    ? Array.Empty<string>()
                    : ["--config-dir", Path.GetDirectoryName(runtime.ConfigFile)!],
            ]
        )
        {
            HasUnitFromPackage = isDefaultPlace && !IsFromArchive(runtime),
            Environment = IsFromArchive(runtime)
                ? new Dictionary<string, string>
                {
                    ["PATH"] = $"{ArchiveDirectory}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                }
                : new Dictionary<string, string>(),
        };
        if (IsFromArchive(runtime))
        {
            files.Add(program);
        }
        if (facts.IsSystemd)
        {
            var dropIn = $"/etc/systemd/system/{runtime.Service}.service.d/10-holdfast.conf";
            files.Add(dropIn);
            yield return new FileChange(dropIn, DropIn(spec.Cluster.AgentService))
            {
                Title = $"{runtime.Service} leaves containers their monitors when it stops",
            };
        }
        foreach (var step in ServiceChange.StepsFor(service, facts.IsSystemd, files))
        {
            yield return step;
        }
        yield return RuntimeAnswersCheck.For(runtime, [.. runtime.Handlers.Select(h => h.Name)]);
        yield return CrioConfigCheck.For(runtime, machine => ConfigOf(runtime, spec, facts, machine));
    }

    /// <summary>
    /// CRI-O's own unit has no KillMode: with control groups of version 1 conmon stays in the service's group, and a restart
    /// waits for it and then kills it. Holdfast's own agent has the order in its own unit; the unit of another agent is not
    /// Holdfast's to change.
    /// </summary>
    private static string DropIn(string? agent) =>
        "# Written by Holdfast.\n[Service]\nKillMode=process\n"
        + (agent is null ? "" : $"\n[Unit]\nBefore={agent}.service\n");

    private static CrioConfig ConfigOf(RuntimeSpec runtime, EdgeNodeSpec spec, MachineFacts facts, Machine machine) =>
        new()
        {
            Runtime = runtime,
            Handlers = [.. runtime.Handlers.Select(handler => KataFiles.Fill(handler, handler, machine))],
            UseSystemdCgroup = UsesSystemd(spec, facts),
            SandboxImage =
                runtime.SandboxImage == PauseImage.Reference && !UsesBuiltinImages(facts)
                    ? FallbackSandboxImage
                    : runtime.SandboxImage.Replace("{arch}", facts.Architecture, StringComparison.Ordinal),
            CniPluginDirectory = CniComponent.DirectoryOf(spec.Network, facts),
            ProgramDirectory = IsFromArchive(runtime) ? $"{ArchiveDirectory}/bin" : null,
            RuncProgram = CrioPrograms.Find(machine, "runc"),
            HiddenPrograms = new[] { "runc", "crun", "conmon" }
                .Select(program => (Name: program, Path: CrioPrograms.FindHidden(machine, program)))
                .Where(program => program.Path is not null)
                .ToDictionary(program => program.Name, program => program.Path!),
        };

    /// <summary>CRI-O has no way of importing images; skopeo writes them into the storage that both share.</summary>
    private static bool UsesBuiltinImages(MachineFacts facts) => facts.HasApt || facts.HasSkopeo;

    /// <summary>
    /// Its storage and, wherever that is, the directories of its own records. In the usual place it makes the parents too,
    /// which podman would share.
    /// </summary>
    private static IReadOnlyList<string> DataOf(RuntimeSpec runtime) =>
        [
            runtime.RootDirectory,
            runtime.StateDirectory,
            .. runtime.RootDirectory == "/var/lib/containers/storage"
                ? new[] { "/var/lib/containers", "/run/containers" }
                : [],
            "/var/lib/crio",
            "/run/crio",
            "/var/log/crio",
        ];

    private static bool UsesSystemd(EdgeNodeSpec spec, MachineFacts facts) =>
        NodeCgroupDriver.Resolve(spec, facts) == CgroupDriver.Systemd;

    private static bool IsFromArchive(RuntimeSpec runtime) =>
        runtime.Install is InstallSpec.Archive or InstallSpec.Bundle;

    private static string ProgramOf(RuntimeSpec runtime) =>
        IsFromArchive(runtime) ? $"{ArchiveDirectory}/bin/crio" : "/usr/bin/crio";
}
