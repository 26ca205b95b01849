using System.Diagnostics;
using System.Text;

namespace Holdfast.Linux;

/// <summary>
/// A command that turns one stream into another (<c>xz --decompress</c>): it is fed from a stream and read from as it
/// works, with nothing but the kernel's pipes in between. Ended by <see cref="Dispose(bool)"/> wherever it is. For one reader.
/// </summary>
public sealed class ChildFilter : Stream
{
    /// <summary>Bytes kept of what the command says when it fails; the last line is what a person gets to see.</summary>
    private const int MaxErrorLength = 16 * 1024;

    /// <summary>How long a command that has closed its output may take to end.</summary>
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly string name;
    private readonly CancellationTokenSource end = new();
    private readonly Task feeding;
    private readonly Task<string> errors;
    private bool isEnded;

    private ChildFilter(Process process, string name, Stream input)
    {
        this.process = process;
        this.name = name;
        errors = ReadErrorsAsync();
        feeding = FeedAsync(input);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <param name="input">Read to its end; stays the caller's and must live as long as this.</param>
    /// <exception cref="LinuxException">NotFound or Denied: it did not start.</exception>
    public static ChildFilter Start(ChildCommand command, Stream input) =>
        new(ChildProcess.Start(command), command.FileName, input);

    /// <exception cref="LinuxException">Failed: the command found something wrong with its input.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await process.StandardOutput.BaseStream.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0 && !isEnded)
        {
            await RequireSuccessAsync(cancellationToken);
            isEnded = true;
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("internal error: a filter is read asynchronously");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            end.Cancel();
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            process.Dispose();
            end.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RequireSuccessAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ExitTimeout);
        await process.WaitForExitAsync(limit.Token);
        await feeding;
        if (process.ExitCode != 0)
        {
            var words = (await errors).Split(
                '\n',
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
            );
            throw new LinuxException(
                LinuxReason.Failed,
                words.Length > 0 ? words[^1] : $"{name} ended with exit code {process.ExitCode}"
            );
        }
    }

    private async Task FeedAsync(Stream input)
    {
        try
        {
            await input.CopyToAsync(process.StandardInput.BaseStream, end.Token);
            process.StandardInput.Close();
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The command ended before it had read everything, or its output is not read any more: its exit code tells.
        }
    }

    private async Task<string> ReadErrorsAsync()
    {
        var buffer = new byte[1024];
        var kept = new MemoryStream();
        try
        {
            int read;
            while ((read = await process.StandardError.BaseStream.ReadAsync(buffer, end.Token)) > 0)
            {
                kept.Write(buffer, 0, (int)Math.Min(read, MaxErrorLength - kept.Length));
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // What came so far is what it said.
        }

        return Encoding.UTF8.GetString(kept.ToArray());
    }
}
