namespace Holdfast.Linux;

/// <summary>
/// Kernel parameters by their dotted names. Reads and writes below one root, so that a test can bring its own
/// <c>/proc/sys</c>. Safe from any thread.
/// </summary>
public sealed class Sysctl
{
    private readonly string root;

    public Sysctl(string root = "/")
    {
        this.root = root;
    }

    /// <summary>The live value, with runs of white space as one blank; null when this kernel has no such parameter.</summary>
    public string? Read(string name)
    {
        try
        {
            return Normalize(File.ReadAllText(PathOf(name)));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw LinuxException.FromIo($"cannot read the kernel parameter {name}", cause);
        }
    }

    /// <summary>Sets the live value.</summary>
    /// <exception cref="LinuxException">NotFound: no such parameter; Denied; Invalid: the kernel refuses the value.</exception>
    public void Write(string name, string value)
    {
        try
        {
            using var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(value + "\n"));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw LinuxException.FromIo($"cannot set the kernel parameter {name} to {value}", cause);
        }
    }

    /// <summary>The form in which two values can be compared: "4096\t131072" and "4096 131072" are the same.</summary>
    public static string Normalize(string value) =>
        string.Join(' ', value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// As in sysctl.d: whichever of dot and slash comes first is the separator, so that an interface name with a dot can be
    /// written <c>net/ipv4/conf/eth0.1/rp_filter</c> or <c>net.ipv4.conf.eth0/1.rp_filter</c>.
    /// </summary>
    /// <returns>The parameter's path below <c>/proc/sys</c>, the one form in which two names can be compared.</returns>
    public static string ToPath(string name)
    {
        var first = name.IndexOfAny(['.', '/']);
        return first >= 0 && name[first] == '/'
            ? name
            : string.Create(name.Length, name, (to, from) => SwapSeparators(from, to));
    }

    private string PathOf(string name)
    {
        var path = ToPath(name);
        return path.Split('/').Contains("..")
            ? throw new LinuxException(LinuxReason.Invalid, $"cannot use the kernel parameter {name}: not a name")
            : Path.Join(root, "proc/sys", path);
    }

    private static void SwapSeparators(string from, Span<char> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = from[i] switch
            {
                '.' => '/',
                '/' => '.',
                var other => other,
            };
        }
    }
}
