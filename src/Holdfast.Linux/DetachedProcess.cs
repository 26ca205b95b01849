using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Holdfast.Linux;

/// <summary>
/// Starts processes that outlive this one: in a session of their own, with output appended to a file instead of a pipe
/// that would break. Safe from any thread.
/// </summary>
public static unsafe partial class DetachedProcess
{
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;

    // glibc's own types are 80, 336 and 128 bytes on x86-64 and arm64; room enough for any other library too.
    private const int OpaqueSize = 1024;

    /// <param name="arguments">The program with its full path, then its arguments.</param>
    /// <param name="environment">Added to the environment of this process.</param>
    /// <param name="outputPath">Output and errors are appended to it; made (0640) when it does not exist.</param>
    /// <exception cref="LinuxException">The program did not start.</exception>
    public static ProcessIdentity Start(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string outputPath
    )
    {
        const int appendFlags = 0x1 | 0x40 | 0x400; // O_WRONLY | O_CREAT | O_APPEND
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        byte* noSignals = stackalloc byte[OpaqueSize];
        byte* allSignals = stackalloc byte[OpaqueSize];
        new Span<byte>(noSignals, OpaqueSize).Clear();
        new Span<byte>(allSignals, OpaqueSize).Fill(0xff);

        Check(FileActionsInit(actions));
        Check(AttributesInit(attributes));
        try
        {
            Check(AddOpen(actions, 0, "/dev/null", 0, 0));
            Check(AddOpen(actions, 1, outputPath, appendFlags, 0x1a0));
            Check(AddDup2(actions, 1, 2));
            foreach (var descriptor in ListDescriptors())
            {
                Check(AddClose(actions, descriptor));
            }

            // .NET ignores SIGPIPE and blocks nothing; the new program must find what a shell would give it.
            Check(SetDefaults(attributes, allSignals));
            Check(SetMask(attributes, noSignals));
            Check(SetFlags(attributes, SetSignalDefaults | SetSignalMask | SetSession));

            using var argv = new StringArray(arguments);
            using var envp = new StringArray(MergeEnvironment(environment));
            int processId;
            var errno = Spawn(&processId, arguments[0], actions, attributes, argv.Pointer, envp.Pointer);
            if (errno != 0)
            {
                throw LinuxException.FromErrno($"cannot start {arguments[0]}", errno);
            }

            return ProcessTable.Identify(processId) ?? IdentifyEnded(processId, arguments[0]);
        }
        finally
        {
            _ = FileActionsDestroy(actions);
            _ = AttributesDestroy(attributes);
        }
    }

    /// <summary>Takes the exit status of a child of this process that has ended; null when it runs or is none.</summary>
    /// <returns>Exit code, or 128 + signal.</returns>
    public static int? Reap(ProcessIdentity child)
    {
        int status;
        if (Libc.Waitpid(child.ProcessId, &status, Libc.WaitNoHang) != child.ProcessId)
        {
            return null;
        }

        var signal = status & 0x7f;
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal;
    }

    /// <summary>
    /// What this process has open beside the standard three. .NET opens everything so that children do not get it; what
    /// a shell or a test runner left open is passed on from one process to the next, with its locks.
    /// </summary>
    private static int[] ListDescriptors() =>
        [
            .. Directory
                .EnumerateFiles("/proc/self/fd")
                .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
                .Where(descriptor => descriptor > 2),
        ];

    private static ProcessIdentity IdentifyEnded(int processId, string program)
    {
        int status;
        _ = Libc.Waitpid(processId, &status, 0);
        throw new LinuxException(LinuxReason.Failed, $"cannot start {program}: it ended at once (status {status})");
    }

    private static IReadOnlyList<string> MergeEnvironment(IReadOnlyDictionary<string, string> added)
    {
        var merged = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            merged[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        foreach (var (name, value) in added)
        {
            merged[name] = value;
        }

        return merged.Select(pair => $"{pair.Key}={pair.Value}").ToArray();
    }

    private static void Check(int errno)
    {
        if (errno != 0)
        {
            throw LinuxException.FromErrno("cannot prepare a process", errno);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(
        int* processId,
        string path,
        byte* actions,
        byte* attributes,
        byte** argv,
        byte** envp
    );

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDup2(byte* actions, int descriptor, int newDescriptor);

    /// <summary>Closing one that is closed by then is no error (glibc's posix_spawn_file_actions_addclose(3)).</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclose")]
    private static partial int AddClose(byte* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SetMask(byte* attributes, byte* signals);

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed class StringArray : IDisposable
    {
        private readonly int count;

        public StringArray(IReadOnlyList<string> strings)
        {
            count = strings.Count;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(byte*));
            for (var i = 0; i < count; i++)
            {
                var length = Encoding.UTF8.GetByteCount(strings[i]);
                Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
                Encoding.UTF8.GetBytes(strings[i], new Span<byte>(Pointer[i], length));
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (var i = 0; i < count; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }
}
