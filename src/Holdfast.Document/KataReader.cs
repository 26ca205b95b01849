using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>What a handler says about Kata Containers, and about overhead. Notes every error in its map.</summary>
internal static class KataReader
{
    /// <summary>What kata-deploy's RuntimeClasses have: QEMU needs more than the small virtual machine monitors.</summary>
    private static readonly OverheadSpec QemuOverhead = new("320Mi", "250m");
    private static readonly OverheadSpec SmallOverhead = new("130Mi", "250m");

    public static KataSpec Read(DocumentMap map)
    {
        var usual = new KataSpec();
        return new KataSpec
        {
            Hypervisor = map.Text("hypervisor", NameRules.Hypervisor) ?? usual.Hypervisor,
            Install = InstallReader.Read(map, "install", usual.Install, "present", "archive", "bundle"),
            ConfigFile = map.Text("configFile", NameRules.AbsolutePath),
            Annotations =
            [
                .. (map.List("annotations") ?? [])
                    .Select(i => DocumentMap.TextOf(i.Node, i.Path, map.Errors, NameRules.KataSetting))
                    .OfType<string>(),
            ],
        };
    }

    public static OverheadSpec? ReadOverhead(DocumentMap handler)
    {
        if (!handler.Has("overhead", out _))
        {
            return null;
        }
        var map = handler.Map("overhead");
        var overhead = new OverheadSpec(ReadQuantity(map, "memory"), ReadQuantity(map, "cpu"));
        map.Finish();
        return overhead is { Memory: null, Cpu: null } ? null : overhead;
    }

    public static OverheadSpec? UsualOverhead(KataSpec? kata) =>
        kata is null ? null
        : kata.Hypervisor.StartsWith("qemu", StringComparison.Ordinal) ? QemuOverhead
        : SmallOverhead;

    /// <summary>Whole numbers need no quotes: <c>cpu: 1</c> is what people write.</summary>
    private static string? ReadQuantity(DocumentMap map, string key)
    {
        if (!map.Has(key, out var node))
        {
            return null;
        }
        if (node is not YamlScalarNode scalar || node.Kind() is DocumentKind.Nothing or DocumentKind.Switch)
        {
            map.Report(key, $"must be a quantity such as 160Mi or 250m, not {node.Noun()}");
            return null;
        }
        if (NameRules.Quantity(scalar.Text) is { } wrong)
        {
            map.Report(key, wrong);
            return null;
        }
        return scalar.Text;
    }
}
