using System.Diagnostics;
using System.Text;

namespace Holdfast.Linux;

/// <summary>A command to run to its end.</summary>
/// <param name="FileName">A path, or a name looked up in PATH.</param>
public sealed record ChildCommand(string FileName, params IReadOnlyList<string> Arguments)
{
    /// <summary>Variables added to the inherited environment; a null value takes one away.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Null: nothing can be read.</summary>
    public ReadOnlyMemory<byte>? StandardInput { get; init; }

    /// <summary>Whether Ctrl-C at the terminal, or its end, passes the command by. Needs the program setsid.</summary>
    public bool HasOwnSession { get; init; }

    /// <summary>Called with every line of standard output as it comes, on a pool thread.</summary>
    public Action<string>? OnOutputLine { get; init; }

    /// <summary>Called with every line of standard error as it comes, on a pool thread.</summary>
    public Action<string>? OnErrorLine { get; init; }

    public override string ToString() => Arguments.Count == 0 ? FileName : $"{FileName} {string.Join(' ', Arguments)}";
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">128 + signal when a signal ended it.</param>
public sealed record ChildResult(int ExitCode, string StandardOutput, string StandardError)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line that says something, for an error message.</summary>
    public string LastErrorLine =>
        LastLine(StandardError) ?? LastLine(StandardOutput) ?? $"it ended with exit code {ExitCode} and said nothing";

    private static string? LastLine(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
}

/// <summary>Runs commands to their end with a time limit and bounded output. Safe from any thread.</summary>
public static class ChildProcess
{
    /// <summary>Characters kept of each stream: a list of every package of a large machine fits ten times.</summary>
    public const int MaxOutputLength = 4 * 1024 * 1024;

    /// <summary>
    /// How long output is awaited after the process has ended: a daemon that it left behind may hold the pipe for ever.
    /// </summary>
    private static readonly TimeSpan OutputGrace = TimeSpan.FromSeconds(1);

    /// <summary>Runs the command; an exit code other than 0 is a result, not an exception.</summary>
    /// <exception cref="LinuxException">NotFound or Denied: it did not start; TimedOut: it and its children were killed.</exception>
    public static async Task<ChildResult> RunAsync(
        ChildCommand command,
        TimeSpan timeout,
        CancellationToken cancellationToken = default
    )
    {
        using var process = Start(command);
        using var output = new OutputReader(process.StandardOutput.BaseStream, command.OnOutputLine);
        using var errors = new OutputReader(process.StandardError.BaseStream, command.OnErrorLine);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await WriteInputAsync(process, command.StandardInput, limit.Token);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LinuxException(
                LinuxReason.TimedOut,
                $"cannot run {command}: it did not end within {timeout.TotalSeconds:0.#} s and was killed"
            );
        }

        await Task.WhenAny(Task.WhenAll(output.Done, errors.Done), Task.Delay(OutputGrace, cancellationToken));
        return new ChildResult(process.ExitCode, output.Text, errors.Text);
    }

    internal static Process Start(ChildCommand command)
    {
        var (file, arguments) = command.HasOwnSession
            ? ("setsid", ["--wait", command.FileName, .. command.Arguments])
            : (command.FileName, command.Arguments);
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in command.Environment)
        {
            info.Environment[name] = value;
        }

        try
        {
#pragma warning disable RS0030 // this type is the replacement that the ban names
            return Process.Start(info)!;
#pragma warning restore RS0030
        }
        catch (System.ComponentModel.Win32Exception cause)
        {
            throw new LinuxException(
                Errno.ToReason(cause.NativeErrorCode),
                $"cannot run {command.FileName}: {Errno.Describe(cause.NativeErrorCode)}",
                cause
            );
        }
    }

    private static async Task WriteInputAsync(
        Process process,
        ReadOnlyMemory<byte>? input,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (input is { } bytes)
            {
                await process.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command closed its input or ended before reading all of it: its exit code tells the story.
        }
    }

    /// <summary>Reads one stream of a child into bounded text, line by line.</summary>
    private sealed class OutputReader : IDisposable
    {
        private readonly Stream stream;
        private readonly Action<string>? onLine;
        private readonly StringBuilder text = new();
        private readonly StringBuilder line = new();
        private readonly Lock gate = new();

        public OutputReader(Stream stream, Action<string>? onLine)
        {
            this.stream = stream;
            this.onLine = onLine;
            Done = ReadAsync();
        }

        public Task Done { get; }

        public string Text
        {
            get
            {
                lock (gate)
                {
                    return text.ToString();
                }
            }
        }

        public void Dispose() => stream.Dispose();

        private async Task ReadAsync()
        {
            var decoder = Encoding.UTF8.GetDecoder();
            var bytes = new byte[16 * 1024];
            var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
            try
            {
                int read;
                while ((read = await stream.ReadAsync(bytes)) > 0)
                {
                    var count = decoder.GetChars(bytes, 0, read, characters, 0);
                    Append(characters.AsSpan(0, count));
                    SplitLines(characters.AsSpan(0, count));
                }
            }
            catch (Exception end) when (end is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The reader was given up: what came so far is the output.
            }

            if (line.Length > 0)
            {
                onLine?.Invoke(line.ToString());
            }
        }

        private void Append(ReadOnlySpan<char> characters)
        {
            lock (gate)
            {
                var room = MaxOutputLength - text.Length;
                text.Append(characters[..Math.Min(room, characters.Length)]);
            }
        }

        private void SplitLines(ReadOnlySpan<char> characters)
        {
            if (onLine is null)
            {
                return;
            }

            foreach (var character in characters)
            {
                if (character is '\n' or '\r')
                {
                    if (line.Length > 0)
                    {
                        onLine(line.ToString());
                        line.Clear();
                    }
                }
                else if (line.Length < MaxOutputLength)
                {
                    line.Append(character);
                }
            }
        }
    }
}
