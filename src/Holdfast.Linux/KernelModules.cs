namespace Holdfast.Linux;

/// <summary>
/// Which parts of the kernel are there, loaded or built in. Reads below one root, so that a test can bring its own
/// <c>/proc</c> and <c>/sys</c>. Safe from any thread.
/// </summary>
public sealed class KernelModules
{
    private readonly string root;

    public KernelModules(string root = "/")
    {
        this.root = root;
    }

    /// <summary>
    /// Whether what the module does is there. lsmod alone would deny it to kernels that have it built in, so every trace
    /// that a module leaves counts.
    /// </summary>
    public bool IsPresent(string module)
    {
        // The kernel knows modules with underscores; people and files write either.
        var name = module.Replace('-', '_');
        return Directory.Exists(Path.Join(root, "sys/module", name))
            || HasFileSystem(name)
            || (name == "br_netfilter" && Directory.Exists(Path.Join(root, "proc/sys/net/bridge")))
            || IsBuiltIn(name);
    }

    private bool HasFileSystem(string name)
    {
        // Lines are "nodev\toverlay" or "\text4".
        return ReadLines(Path.Join(root, "proc/filesystems")).Any(line => line[(line.LastIndexOf('\t') + 1)..] == name);
    }

    private bool IsBuiltIn(string name)
    {
        var release = ReadLines(Path.Join(root, "proc/sys/kernel/osrelease")).FirstOrDefault();
        var path = Path.Join(root, "lib/modules", release, "modules.builtin");
        return ReadLines(path).Any(line => Path.GetFileNameWithoutExtension(line).Replace('-', '_') == name);
    }

    private static IEnumerable<string> ReadLines(string path) => File.Exists(path) ? File.ReadLines(path) : [];
}
