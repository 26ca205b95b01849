using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Kata;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// One containerd of the node: where its program is, and what its configuration has to say once the steps before have
/// brought what it depends on (its version, Kata's files, passwords). Safe from any thread.
/// </summary>
internal sealed class ContainerdInstance(
    RuntimeSpec runtime,
    EdgeNodeSpec spec,
    MachineFacts facts,
    string cniDirectory
)
{
    public RuntimeSpec Runtime => runtime;

    public ContainerdProgram Program { get; } = new(ProgramOf(runtime, facts));

    public string DropIn => ContainerdConfig.DropInOf(runtime);

    public bool UsesSystemdCgroup => NodeCgroupDriver.Resolve(spec, facts) == CgroupDriver.Systemd;

    /// <summary>Every handler that is wanted of this instance.</summary>
    public IReadOnlyList<string> HandlerNames => [.. ListHandlers().Select(handler => handler.Name)];

    /// <summary>Where the program is, or will be: both layouts of upstream's archives end in /usr/local.</summary>
    public static string ProgramOf(RuntimeSpec runtime, MachineFacts facts) =>
        runtime.Install switch
        {
            InstallSpec.Apt => "/usr/bin/containerd",
            InstallSpec.Present => facts.ContainerdProgram ?? "/usr/bin/containerd",
            _ => "/usr/local/bin/containerd",
        };

    /// <summary>What the configuration has to say, as far as it can be known now.</summary>
    /// <exception cref="NodeException">A password cannot be read.</exception>
    public async Task<ContainerdConfig> ResolveAsync(Machine machine, CancellationToken cancellationToken)
    {
        var version = await Program.ReadVersionAsync(machine, cancellationToken) ?? SoftwareVersion.Of(runtime.Install);
        var config = new ContainerdConfig
        {
            Runtime = runtime with { SandboxImage = runtime.SandboxImage.Replace("{arch}", facts.Architecture) },
            Handlers = [.. ListHandlers().Select(handler => Fill(handler, machine))],
            UseSystemdCgroup = UsesSystemdCgroup,
            RestrictOomScoreAdj = !facts.HasSysResource,
            CniPluginDirectory = CniComponent.DirectoryOf(spec.Network, facts),
            CniConfigDirectory = cniDirectory,
            Architecture = facts.Architecture,
            ContainerdVersion = version,
            Passwords = await RegistryPasswords.ReadAsync(runtime, machine, cancellationToken),
        };
        return config.UsesDropIn
            ? config with
            {
                ImportedRuncHandlers = await ListImportedAsync(machine, version, cancellationToken),
            }
            : config;
    }

    /// <summary>Handlers of runc in other people's files. Those of version 1 are not read by a containerd that merges.</summary>
    private async Task<IReadOnlyList<string>> ListImportedAsync(
        Machine machine,
        Version? version,
        CancellationToken cancellationToken
    )
    {
        var defaults = ContainerdConfig.DefaultImports(runtime, version);
        var files = await ContainerdImports.ReadAsync(machine, runtime.ConfigFile, DropIn, defaults, cancellationToken);
        return
        [
            .. files
                .Where(file => ContainerdSchema.Of(file) is { Version: > 1 })
                .SelectMany(ContainerdConfig.RuncHandlersOf)
                .Distinct(),
        ];
    }

    /// <summary>
    /// Holdfast's own agent routes untrusted pods by itself. Any other agent leaves it to containerd, which knows the handler
    /// by one name only.
    /// </summary>
    private IEnumerable<HandlerSpec> ListHandlers()
    {
        var untrusted = runtime.Handlers.FirstOrDefault(h => h.Name == spec.Untrusted.Handler);
        var isMissing = runtime.Handlers.All(h => h.Name != UntrustedSpec.WellKnownHandler);
        return spec.Cluster.IsStandalone || untrusted is null || !isMissing
            ? runtime.Handlers
            : [.. runtime.Handlers, untrusted with { Name = UntrustedSpec.WellKnownHandler }];
    }

    /// <summary>"untrusted" shares the files of the handler that it stands for.</summary>
    private HandlerSpec Fill(HandlerSpec handler, Machine machine) =>
        KataFiles.Fill(handler, runtime.Handlers.First(h => ReferenceEquals(h.Kata, handler.Kata)), machine);
}
