using Holdfast.Linux;

namespace Holdfast.Node.Pods;

/// <summary>
/// A process that holds a pod's containers and outlives their runtime: containerd's shim or CRI-O's conmon. It tells of
/// pods when the runtime itself cannot be asked.
/// </summary>
/// <param name="Socket">The socket of the containerd that the shim belongs to; null for a monitor of CRI-O.</param>
public sealed record PodMonitor(int ProcessId, string? Socket)
{
    /// <summary>The namespace of pods in containerd; Docker's containers are in <c>moby</c>.</summary>
    private const string PodNamespace = "k8s.io";

    /// <summary>The monitors that run on this machine, those inside its containers left out.</summary>
    public static IReadOnlyList<PodMonitor> List() =>
        [
            .. ProcessTable
                .ListIds()
                .Select(id => Parse(id, ProcessTable.ArgumentsOf(id)))
                .OfType<PodMonitor>()
                .Where(monitor => ProcessTable.IsOfThisMachine(monitor.ProcessId)),
        ];

    /// <summary>Null for any other process.</summary>
    /// <param name="arguments">With the program itself as the first.</param>
    internal static PodMonitor? Parse(int processId, IReadOnlyList<string> arguments)
    {
        var program = arguments is [var first, ..] ? Path.GetFileName(first) : "";
        if (program.StartsWith("containerd-shim", StringComparison.Ordinal))
        {
            return ValueOf("namespace") == PodNamespace && ValueOf("address") is { } address
                ? new PodMonitor(processId, RealPath(address))
                : null;
        }

        // podman's conmon has the same name, and its files below /run/libpod.
        return
            program.StartsWith("conmon", StringComparison.Ordinal)
            && arguments.Any(argument => argument.Contains("/crio/", StringComparison.Ordinal))
            ? new PodMonitor(processId, null)
            : null;

        // Go's flags begin with one dash or two.
        string? ValueOf(string flag)
        {
            for (var index = 1; index < arguments.Count - 1; index++)
            {
                if (arguments[index].TrimStart('-') == flag && arguments[index].StartsWith('-'))
                {
                    return arguments[index + 1];
                }
            }

            return null;
        }
    }

    /// <summary><c>/var/run</c> is a link to <c>/run</c> everywhere, and people write either.</summary>
    internal static string RealPath(string socket) =>
        socket.StartsWith("/var/run/", StringComparison.Ordinal) ? socket["/var".Length..] : socket;
}
