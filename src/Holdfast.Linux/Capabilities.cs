using System.Globalization;

namespace Holdfast.Linux;

/// <summary>Kernel capabilities, by their bit numbers (<c>linux/capability.h</c>).</summary>
public enum Capability
{
    NetAdmin = 12,
    SysAdmin = 21,
    SysResource = 24,
}

/// <summary>A set of capabilities.</summary>
/// <param name="Bits">Bit N is capability N.</param>
public readonly record struct Capabilities(ulong Bits)
{
    private const string BoundingSet = "CapBnd:";

    public static Capabilities All { get; } = new(ulong.MaxValue);

    /// <summary>What this process and its children can ever have; null where the kernel does not say.</summary>
    /// <param name="root">Below which <c>proc/self/status</c> is read.</param>
    public static Capabilities? ReadBounding(string root = "/")
    {
        var file = Path.Join(root, "proc/self/status");
        var line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(BoundingSet, StringComparison.Ordinal))
            : null;
        return
            line is not null
            && ulong.TryParse(
                line.AsSpan(BoundingSet.Length).Trim(),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture,
                out var bits
            )
            ? new Capabilities(bits)
            : null;
    }

    public bool Has(Capability capability) => (Bits & (1UL << (int)capability)) != 0;
}
