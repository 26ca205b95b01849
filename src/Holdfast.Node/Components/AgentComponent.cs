using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Components;

/// <summary>How Holdfast itself comes onto the machine.</summary>
/// <param name="ProgramPath">The running program: self-contained, with its native libraries beside it.</param>
/// <param name="DocumentText">The node document as it was read; the daemon reads it again after a reboot.</param>
public sealed record AgentInstall(string ProgramPath, string DocumentText)
{
    /// <summary>Where the program lies for the shell and the service.</summary>
    public const string InstalledPath = "/usr/local/bin/holdfast";

    /// <summary>Where the program and its native libraries really lie; the other is a link to it.</summary>
    public const string Directory = "/usr/local/lib/holdfast";

    public const string ProgramFile = Directory + "/holdfast";

    public string DocumentPath { get; init; } = "/etc/holdfast/node.yaml";

    public string ServiceName { get; init; } = "holdfast";

    /// <summary>Arguments of the daemon: <c>agent</c>, preceded by global options where the node is not the only one.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = ["agent"];

    /// <summary>Unix socket that answers when the daemon is ready; null when running is enough.</summary>
    public string? ReadySocket { get; init; }
}

/// <summary>
/// The program in its place. It comes before everything else, because where systemd is missing it is also what
/// supervises the services.
/// </summary>
internal sealed class AgentProgramComponent(AgentInstall install) : IComponent
{
    public string Name => "program";

    /// <exception cref="NodeException">This process is not the published program.</exception>
    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        if (Path.GetFileName(install.ProgramPath) == "dotnet")
        {
            throw new NodeException(
                NodeReason.NotSupported,
                "cannot install Holdfast: this is not the published program but a build run by dotnet; run ./holdfast instead"
            );
        }

        foreach (
            var library in System
                .IO.Directory.EnumerateFiles(Path.GetDirectoryName(install.ProgramPath)!, "*.so")
                .Order()
        )
        {
            yield return new ExecutableChange(library, Path.Join(AgentInstall.Directory, Path.GetFileName(library)));
        }

        yield return new ExecutableChange(install.ProgramPath, AgentInstall.ProgramFile);
        yield return new LinkChange(AgentInstall.InstalledPath, AgentInstall.ProgramFile)
        {
            Title = "the command holdfast is this program",
        };
        yield return new FileChange(install.DocumentPath, install.DocumentText)
        {
            Title = $"{install.DocumentPath} is the node document",
            Mode = AtomicFile.SecretMode,
            Mask = DocumentSecrets.Mask,
        };
    }
}

/// <summary>The daemon as a service, after the runtimes that it drives.</summary>
internal sealed class AgentComponent(AgentInstall install) : IComponent
{
    public string Name => "agent";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        if (!spec.Cluster.IsStandalone)
        {
            // The pods are kubelet's or edgecore's. A daemon of an older, standalone document goes as a leftover.
            return [];
        }

        var service = new ServiceDefinition(
            install.ServiceName,
            $"Holdfast: pods of the node {spec.Name}",
            [AgentInstall.InstalledPath, .. install.Arguments]
        )
        {
            After = spec.Runtimes.Select(runtime => runtime.Service).ToArray(),
        };
        return ServiceChange.StepsFor(
            service,
            facts.IsSystemd,
            [AgentInstall.InstalledPath, install.DocumentPath],
            install.ReadySocket,
            "it runs the pods and answers kubectl"
        );
    }
}
