using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>What a handler says about Kata Containers, and about overhead.</summary>
internal static class KataReader
{
    /// <summary>What kata-deploy's RuntimeClasses have: QEMU needs more than the small virtual machine monitors.</summary>
    private static readonly OverheadSpec QemuOverhead = new("320Mi", "250m");
    private static readonly OverheadSpec SmallOverhead = new("130Mi", "250m");

    public static KataSpec Read(DocumentMap map) =>
        new()
        {
            Hypervisor = map.Text("hypervisor", NameRules.Hypervisor) ?? KataSpec.DefaultHypervisor,
            Install = InstallReader.Read(map, "install", "present", "archive", "bundle"),
            ConfigFile = map.Text("configFile", NameRules.AbsolutePath),
            Annotations = map.Texts("annotations", NameRules.KataSetting) ?? [],
        };

    public static OverheadSpec? ReadOverhead(DocumentMap map)
    {
        var overhead = new OverheadSpec(map.Value("memory", ReadQuantity), map.Value("cpu", ReadQuantity));
        return overhead is { Memory: null, Cpu: null } ? null : overhead;
    }

    public static OverheadSpec? UsualOverhead(KataSpec? kata) =>
        kata is null ? null
        : kata.Hypervisor.StartsWith("qemu", StringComparison.Ordinal) ? QemuOverhead
        : SmallOverhead;

    /// <summary>Whole numbers need no quotes: <c>cpu: 1</c> is what people write.</summary>
    private static (string?, string?) ReadQuantity(YamlNode node) =>
        node is not YamlScalarNode scalar || node.Kind() == DocumentKind.Switch
            ? (null, $"must be a quantity such as 160Mi or 250m, not {node.Noun()}")
        : Quantity.TryParse(scalar.Text, out var quantity) && quantity >= default(Quantity) ? (scalar.Text, null)
        : (null, $"\"{DocumentMap.Shown(scalar.Text)}\" is not a quantity such as 160Mi or 250m");
}
