using System.Text;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>
/// A small image with a shell and a web server, made of the distribution's static busybox: examples and the probe use it,
/// so that both work where no registry can be reached.
/// </summary>
internal static class BusyboxImage
{
    public const string Reference = "holdfast.local/busybox:1";

    /// <summary>Bytes; the longest name so far has 15.</summary>
    private const int MaxAppletLength = 32;

    /// <summary>A busybox that makes a container has a shell and its tools; fewer names in a row are something else.</summary>
    private const int LeastApplets = 10;

    /// <param name="program">The busybox program; statically linked.</param>
    /// <param name="applets">See <see cref="ReadApplets"/>.</param>
    public static OciImage Create(string architecture, ReadOnlyMemory<byte> program, IEnumerable<string> applets) =>
        OciImage.Create(
            Reference,
            architecture,
            [
                ImageFile.Directory("bin"),
                ImageFile.Program("bin/busybox", program),
                .. applets
                    .Where(a => a is not "busybox" && a.Length > 0 && !a.Contains('/', StringComparison.Ordinal))
                    .Distinct()
                    .Order(StringComparer.Ordinal)
                    .Select(a => ImageFile.Link($"bin/{a}", "busybox")),
                ImageFile.Link("sbin", "bin"),
                ImageFile.Directory("usr"),
                ImageFile.Link("usr/bin", "../bin"),
                ImageFile.Link("usr/sbin", "../bin"),
                ImageFile.Directory("etc"),
                ImageFile.Text(
                    "etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
                ),
                ImageFile.Text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
                ImageFile.Directory("root"),
                ImageFile.Directory("tmp", UnixFileMode.StickyBit | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite),
                ImageFile.Directory("var"),
                ImageFile.Directory("var/www"),
            ],
            new ImageConfig { Command = ["sh"], Environment = ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"] }
        );

    /// <summary>
    /// The names that the program answers to, read from its own table: names in the order of bytes, each ended by NUL, from
    /// <c>[</c> on (<c>applet_names</c> in busybox's applet_tables.h). The program is not run for it.
    /// </summary>
    /// <returns>None where the table is not found.</returns>
    public static IReadOnlyList<string> ReadApplets(ReadOnlySpan<byte> program)
    {
        // What comes before the table differs: 1.37 has no NUL there.
        for (var rest = program; rest.IndexOf("[\0[[\0"u8) is >= 0 and var start; rest = rest[(start + 1)..])
        {
            if (ReadNames(rest[start..]) is { Count: >= LeastApplets } names)
            {
                return names;
            }
        }
        return [];
    }

    private static List<string> ReadNames(ReadOnlySpan<byte> rest)
    {
        var names = new List<string>();
        while (true)
        {
            var length = rest.IndexOf((byte)0);
            if (length is <= 0 or > MaxAppletLength)
            {
                break;
            }
            var name = Encoding.ASCII.GetString(rest[..length]);
            if (names.Count > 0 && string.CompareOrdinal(names[^1], name) >= 0)
            {
                break;
            }
            names.Add(name);
            rest = rest[(length + 1)..];
        }
        return names;
    }

    /// <summary>
    /// Whether bytes are a program that needs no interpreter, which is what the dynamic linker is: an ELF of 64 bits
    /// without a PT_INTERP header.
    /// </summary>
    public static bool IsStaticProgram(ReadOnlySpan<byte> program)
    {
        const int HeaderSize = 64;
        const int EntrySize = 56;
        const uint Interpreter = 3;
        if (program.Length < HeaderSize || !program.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return false;
        }
        var offset = BitConverter.ToUInt64(program[32..]);
        var count = BitConverter.ToUInt16(program[56..]);
        for (var i = 0; i < count; i++)
        {
            var at = offset + ((ulong)i * EntrySize);
            if (at + EntrySize > (ulong)program.Length || BitConverter.ToUInt32(program[(int)at..]) == Interpreter)
            {
                return false;
            }
        }
        return count > 0;
    }
}
