using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Linux;

/// <summary>What a supervisor keeps running; a file in the service's directory.</summary>
/// <param name="Arguments">The program with its full path, then its arguments.</param>
/// <param name="LogPath">Output and errors of the program and of its supervisor.</param>
public sealed record SupervisedDefinition(string Name, IReadOnlyList<string> Arguments, string LogPath)
{
    /// <summary>Added to the environment of the supervisor.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The log is moved to <c>LOG.1</c> beyond this: two files of 10 MB, as the kubelet bounds a container's log.</summary>
    public long MaxLogBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Whether both say the same, list for list.</summary>
    public bool IsSameAs(SupervisedDefinition? other) =>
        other is not null
        && Name == other.Name
        && LogPath == other.LogPath
        && MaxLogBytes == other.MaxLogBytes
        && Arguments.SequenceEqual(other.Arguments)
        && Environment.Count == other.Environment.Count
        && Environment.All(pair => other.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value);
}

/// <summary>How a supervised service is at this moment.</summary>
/// <param name="Service">The program itself; null between two starts.</param>
/// <param name="Starts">How often it was started since the supervisor was.</param>
public sealed record SupervisedStatus(
    SupervisedDefinition? Definition,
    ProcessIdentity? Supervisor,
    ProcessIdentity? Service,
    int Starts
);

/// <summary>What a supervisor last did; a file in the service's directory.</summary>
internal sealed record SupervisedState(ProcessIdentity? Service, int Starts);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SupervisedDefinition))]
[JsonSerializable(typeof(SupervisedState))]
internal sealed partial class SupervisorJson : JsonSerializerContext;

/// <summary>
/// A service that a <see cref="Supervisor"/> of its own keeps running, seen from another process: start, stop, status.
/// All of its state lies in one directory of a file system that a reboot empties. Callers keep two starts or stops of the
/// same service apart (the node's apply lock does).
/// </summary>
public sealed class SupervisedService
{
    /// <summary>How long a stop may take beyond the supervisor's own patience with the program.</summary>
    private static readonly TimeSpan StopTimeout = Supervisor.StopGrace + TimeSpan.FromSeconds(5);

    /// <summary>How long the first start of the program may take; a cold .NET program on a small board needs seconds.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string directory;
    private readonly TimeProvider time;

    /// <param name="servicesDirectory">Holds one directory per service; made when missing.</param>
    public SupervisedService(string servicesDirectory, string name, TimeProvider time)
    {
        directory = Path.Join(servicesDirectory, name);
        Name = name;
        this.time = time;
    }

    public string Name { get; }

    internal string LockPath => Path.Join(directory, "lock");

    private string DefinitionPath => Path.Join(directory, "definition.json");
    private string StatePath => Path.Join(directory, "state.json");

    public SupervisedStatus ReadStatus()
    {
        var state = Read(StatePath, SupervisorJson.Default.SupervisedState);
        return new SupervisedStatus(ReadDefinition(), FindSupervisor(), Alive(state?.Service), state?.Starts ?? 0);
    }

    /// <summary>
    /// Starts the supervisor and waits until it has started the program. Does nothing when the same definition is already
    /// supervised; another one is stopped first.
    /// </summary>
    /// <param name="supervise">The command that runs a <see cref="Supervisor"/>; the service's name is added to it.</param>
    /// <exception cref="LinuxException">The program did not start; the message has the last lines of its log.</exception>
    public async Task StartAsync(
        SupervisedDefinition definition,
        IReadOnlyList<string> supervise,
        CancellationToken cancellationToken
    )
    {
        var status = ReadStatus();
        if (status.Supervisor is not null)
        {
            if (definition.IsSameAs(status.Definition))
            {
                return;
            }

            await StopAsync(forget: false, cancellationToken);
        }

        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Path.GetDirectoryName(definition.LogPath)!);
        await WriteAsync(DefinitionPath, definition, SupervisorJson.Default.SupervisedDefinition, cancellationToken);
        while (!await TryStartAsync(definition, supervise, cancellationToken))
        {
            // A caller that was killed had just started another one, perhaps by an older definition.
            await EndAsync(FindSupervisor(), StopTimeout, cancellationToken);
        }
    }

    /// <summary>Stops the program, then its supervisor; kills them when they do not listen.</summary>
    /// <param name="forget">Whether all that is left of the service is removed too, its log included.</param>
    public async Task StopAsync(bool forget, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        // Holding the lock, so that a supervisor that a killed caller has just started finds nothing to supervise.
        using var alone = await TakeLockAsync(cancellationToken);

        // A supervisor that was killed left its program running.
        await EndAsync(ReadService(), Supervisor.StopGrace, cancellationToken);
        RemoveState();
        if (forget)
        {
            RemoveAll();
        }
    }

    /// <summary>The last lines of the log, oldest first.</summary>
    public IReadOnlyList<string> ReadLastLines(int count) =>
        ReadDefinition() is { } definition ? LastLines(definition.LogPath, count) : [];

    internal SupervisedDefinition? ReadDefinition() =>
        Read(DefinitionPath, SupervisorJson.Default.SupervisedDefinition);

    internal ProcessIdentity? ReadService() => Alive(Read(StatePath, SupervisorJson.Default.SupervisedState)?.Service);

    internal Task WriteStateAsync(SupervisedState state, CancellationToken cancellationToken) =>
        WriteAsync(StatePath, state, SupervisorJson.Default.SupervisedState, cancellationToken);

    internal void RemoveState() => File.Delete(StatePath);

    /// <summary>For who holds the lock.</summary>
    internal void RemoveAll()
    {
        if (ReadDefinition() is { } definition)
        {
            File.Delete(definition.LogPath);
            File.Delete(definition.LogPath + ".1");
            EmptyDirectory.Remove(Path.GetDirectoryName(definition.LogPath)!);
        }

        Directory.Delete(directory, recursive: true);
    }

    private async Task<FileLock> TakeLockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (FileLock.TryTake(LockPath, out _) is { } taken)
            {
                return taken;
            }

            await EndAsync(FindSupervisor(), StopTimeout, cancellationToken);
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    /// <summary>The one that holds the service's lock; one that is only starting does not hold it yet.</summary>
    private ProcessIdentity? FindSupervisor() =>
        FileLock.FindHolder(LockPath) is { } id ? ProcessTable.Identify(id) : null;

    /// <returns>False when another supervisor has the service.</returns>
    private async Task<bool> TryStartAsync(
        SupervisedDefinition definition,
        IReadOnlyList<string> supervise,
        CancellationToken cancellationToken
    )
    {
        var supervisor = DetachedProcess.Start([.. supervise, Name], definition.Environment, definition.LogPath);
        var start = time.GetTimestamp();
        while (true)
        {
            var status = ReadStatus();
            if (status.Supervisor == supervisor && status.Starts > 0)
            {
                return true;
            }

            var hasEnded = DetachedProcess.Reap(supervisor) is not null || !ProcessTable.IsAlive(supervisor);
            if (hasEnded && status.Supervisor is { } other && other != supervisor)
            {
                return false;
            }

            if (hasEnded || time.GetElapsedTime(start) > StartTimeout)
            {
                var why = hasEnded ? "its supervisor ended" : $"it did not start within {StartTimeout.TotalSeconds} s";
                var log = string.Join(" | ", LastLines(definition.LogPath, 3));
                throw new LinuxException(LinuxReason.Failed, $"cannot start {Name}: {why}: {log}");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task EndAsync(ProcessIdentity? process, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (process is null || !ProcessTable.Signal(process, ProcessTable.SigTerm))
        {
            return;
        }

        if (!await ProcessTable.WaitForExitAsync(process, patience, time, cancellationToken))
        {
            ProcessTable.Signal(process, ProcessTable.SigKill);
            await ProcessTable.WaitForExitAsync(process, TimeSpan.FromSeconds(5), time, cancellationToken);
        }

        // It may have been started by this very process, which then has to take its exit status.
        DetachedProcess.Reap(process);
    }

    private static IReadOnlyList<string> LastLines(string path, int count)
    {
        const int window = 16 * 1024;
        try
        {
            using var file = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            file.Seek(-Math.Min(window, file.Length), SeekOrigin.End);
            var bytes = new byte[window];
            var read = file.ReadAtLeast(bytes, window, throwOnEndOfStream: false);
            var lines = Encoding
                .UTF8.GetString(bytes, 0, read)
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return lines.TakeLast(count).ToArray();
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static ProcessIdentity? Alive(ProcessIdentity? process) =>
        process is not null && ProcessTable.IsAlive(process) ? process : null;

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static Task WriteAsync<T>(
        string path,
        T value,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    ) =>
        AtomicFile.WriteAsync(
            path,
            JsonSerializer.SerializeToUtf8Bytes(value, type),
            AtomicFile.SecretMode,
            cancellationToken: cancellationToken
        );
}
