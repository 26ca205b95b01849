using System.Text;
using Holdfast.Agent.Pods;

namespace Holdfast.Agent.Volumes;

/// <summary>The files that the agent itself shows to containers: /etc/hosts and the place for last words. Stateless.</summary>
internal static class PodFiles
{
    private const UnixFileMode HostsMode = (UnixFileMode)0x1A4; // 0644
    private const UnixFileMode AnybodyMode = (UnixFileMode)0x1B6; // 0666

    // pkg/kubelet/container: MaxContainerTerminationMessageLength and ...LogLength / ...LogLines.
    private const int MaxMessageBytes = 4096;
    private const int MaxLogBytes = 2048;
    private const int MaxLogLines = 80;

    /// <summary>Writes in place: containers hold this very file, and a new one beside it they would never see.</summary>
    public static void WriteHosts(PodPaths paths, string text)
    {
        Directory.CreateDirectory(paths.PodDirectory);
        using var file = new FileStream(paths.EtcHosts, FileMode.Create, FileAccess.Write, FileShare.Read);
        file.Write(Encoding.UTF8.GetBytes(text));
        File.SetUnixFileMode(file.SafeFileHandle, HostsMode);
    }

    public static void PrepareContainer(PodPaths paths, string container, uint attempt)
    {
        Directory.CreateDirectory(paths.ContainerLogDirectory(container));
        Directory.CreateDirectory(paths.ContainerDirectory(container));
        using var file = new FileStream(paths.TerminationLog(container, attempt), FileMode.Create, FileAccess.Write);
        File.SetUnixFileMode(file.SafeFileHandle, AnybodyMode);
    }

    /// <summary>What the container left as its last words; null when it left none.</summary>
    /// <param name="fallBackToLog">Take the end of its log when it failed without a word.</param>
    public static string? ReadTerminationMessage(PodPaths paths, string container, uint attempt, bool fallBackToLog)
    {
        var message = ReadEnd(paths.TerminationLog(container, attempt), MaxMessageBytes);
        if (message.Length > 0 || !fallBackToLog)
        {
            return message.Length > 0 ? message : null;
        }

        // Each line carries a time, a stream and a tag before the text (the CRI log format).
        var lines = ReadEnd(paths.ContainerLog(container, attempt), 2 * MaxLogBytes).Split('\n')[..^1];
        var text = string.Join('\n', lines.TakeLast(MaxLogLines).Select(l => l.Split(' ', 4)[^1]));
        return text.Length > MaxLogBytes ? text[^MaxLogBytes..]
            : text.Length > 0 ? text
            : null;
    }

    private static string ReadEnd(string path, int maxBytes)
    {
        try
        {
            using var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            file.Seek(Math.Max(0, file.Length - maxBytes), SeekOrigin.Begin);
            var bytes = new byte[maxBytes];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, maxBytes, throwOnEndOfStream: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
