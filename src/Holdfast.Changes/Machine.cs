using Holdfast.Changes.Services;
using Holdfast.Linux;
using Microsoft.Extensions.Logging;

namespace Holdfast.Changes;

/// <summary>Runs a command to its end; the process boundary of this room.</summary>
public delegate Task<ChildResult> RunCommand(
    ChildCommand command,
    TimeSpan timeout,
    CancellationToken cancellationToken
);

/// <summary>What has all the software that a machine without a network needs; the room that installs software knows what it is.</summary>
public interface ISoftwareSource;

/// <summary>
/// All access to the machine goes through this class: files, processes and services, so that a test can give it a
/// directory instead of <c>/</c> and answers instead of processes. Safe from any thread.
/// </summary>
public sealed class Machine
{
    private readonly string filesRoot;
    private readonly RunCommand run;

    /// <param name="paths">Where this node's own data lies.</param>
    /// <param name="filesRoot">What <c>/etc</c>, <c>/proc</c> and <c>/sys</c> are looked for below; <c>/</c> on a real node.</param>
    /// <param name="run">Null runs real processes.</param>
    public Machine(
        NodePaths paths,
        string filesRoot,
        IServiceManager services,
        TimeProvider time,
        ILoggerFactory logs,
        RunCommand? run = null
    )
    {
        Paths = paths;
        Services = services;
        Time = time;
        Logs = logs;
        this.filesRoot = filesRoot;
        Sysctl = new Sysctl(filesRoot);
        Modules = new KernelModules(filesRoot);
        this.run = run ?? ChildProcess.RunAsync;
    }

    public NodePaths Paths { get; }

    public IServiceManager Services { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory Logs { get; }

    /// <summary>Hears what a long change is doing (packages being fetched); null by default.</summary>
    public IProgress<string>? Progress { get; private init; }

    /// <summary>Where software comes from instead of the network; null where there is a network.</summary>
    public ISoftwareSource? Source { get; private init; }

    public Sysctl Sysctl { get; }

    public KernelModules Modules { get; }

    /// <summary>Below which the machine's own paths lie; <c>/</c> on a real node.</summary>
    public string FilesRoot => filesRoot;

    /// <summary>False for a directory that stands for a machine: then the running kernel is not its own.</summary>
    public bool IsReal => filesRoot == "/";

    /// <summary>The same machine, with someone to hear what long changes are doing.</summary>
    public Machine WithProgress(IProgress<string>? progress) =>
        new(Paths, filesRoot, Services, Time, Logs, run) { Progress = progress, Source = Source };

    /// <summary>The same machine, with everything that it needs from elsewhere in one file.</summary>
    public Machine WithSource(ISoftwareSource? source) =>
        new(Paths, filesRoot, Services, Time, Logs, run) { Progress = Progress, Source = source };

    /// <summary>Where a path of the machine really is.</summary>
    public string At(string path) => filesRoot == "/" ? path : Path.Join(filesRoot, path);

    public bool Exists(string path) => FileStatus.Read(At(path)) is not null;

    /// <summary>Follows links; null when nothing is there.</summary>
    public FileStatus? Status(string path) => FileStatus.Read(At(path));

    /// <summary>The whole file, or null when there is none.</summary>
    public async Task<byte[]?> ReadBytesAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(At(path), cancellationToken);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new NodeException(NodeReason.Denied, $"cannot read {path}: {cause.Message}", cause);
        }
    }

    /// <summary>The whole file as text, or null when there is none.</summary>
    public async Task<string?> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        var bytes = await ReadBytesAsync(path, cancellationToken);
        return bytes is null ? null : System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Replaces a file atomically; missing parent directories are made (0755).</summary>
    public Task WriteAsync(
        string path,
        ReadOnlyMemory<byte> content,
        UnixFileMode? mode,
        FileOwner? owner,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        return AtomicFile.WriteAsync(At(path), content, mode, owner, cancellationToken);
    }

    /// <summary>Removes a file for good; does nothing when there is none.</summary>
    public void Remove(string path)
    {
        if (Exists(path))
        {
            File.Delete(At(path));
            AtomicFile.SyncDirectory(Path.GetDirectoryName(At(path))!);
        }
    }

    /// <summary>Removes a directory if nothing is in it.</summary>
    public void RemoveEmptyDirectory(string path) => EmptyDirectory.Remove(At(path));

    /// <summary>The files of a directory by their paths on the machine, in the order of bytes; none where it is missing.</summary>
    public IReadOnlyList<string> ListFiles(string directory) => List(directory, Directory.EnumerateFiles);

    /// <summary>The same of the directories in it.</summary>
    public IReadOnlyList<string> ListDirectories(string directory) => List(directory, Directory.EnumerateDirectories);

    private string[] List(string directory, Func<string, IEnumerable<string>> enumerate) =>
        Directory.Exists(At(directory))
            ?
            [
                .. enumerate(At(directory))
                    .Select(entry => $"{directory}/{Path.GetFileName(entry)}")
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>Runs a command of the machine; an exit code other than 0 is a result.</summary>
    public Task<ChildResult> RunAsync(ChildCommand command, TimeSpan timeout, CancellationToken cancellationToken) =>
        run(command, timeout, cancellationToken);
}
