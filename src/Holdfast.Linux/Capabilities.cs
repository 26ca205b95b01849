using System.Globalization;

namespace Holdfast.Linux;

/// <summary>Kernel capabilities, by their bit numbers (<c>linux/capability.h</c>).</summary>
public enum Capability
{
    NetAdmin = 12,
    SysModule = 16,
    SysAdmin = 21,
    SysResource = 24,
}

/// <summary>Which capabilities a process has or can ever get. Immutable, safe from any thread.</summary>
/// <param name="Effective">Bit set of what it may do now.</param>
/// <param name="Bounding">Bit set of what it and its children can ever get.</param>
public sealed record Capabilities(ulong Effective, ulong Bounding)
{
    /// <summary>Those of this process.</summary>
    /// <param name="root">Below which <c>/proc/self/status</c> is read.</param>
    public static Capabilities Read(string root = "/")
    {
        ulong effective = 0;
        ulong bounding = 0;
        foreach (var line in File.ReadLines(Path.Join(root, "proc/self/status")))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal))
            {
                effective = Parse(line);
            }
            else if (line.StartsWith("CapBnd:", StringComparison.Ordinal))
            {
                bounding = Parse(line);
            }
        }

        return new Capabilities(effective, bounding);
    }

    public bool Has(Capability capability) => (Effective & (1UL << (int)capability)) != 0;

    public bool CanGet(Capability capability) => (Bounding & (1UL << (int)capability)) != 0;

    private static ulong Parse(string line) =>
        ulong.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
