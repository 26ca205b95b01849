using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>Changes to Kata's own configuration.</summary>
internal static class KataConfig
{
    /// <summary>
    /// A copy in which pods may change settings by annotation, in addition to what the original allows. Kata ignores an
    /// annotation that is not enabled, or refuses the pod.
    /// </summary>
    /// <param name="original">Null when it is not there yet.</param>
    public static string Allow(byte[]? original, string path, IReadOnlyList<string> settings)
    {
        var document = TomlDocument.Parse(original ?? [], path);
        var hypervisors = document.Get("hypervisor") as TomlTable ?? TomlTable.Empty;
        foreach (var name in hypervisors.Entries.Keys)
        {
            var key = TomlPath.Of("hypervisor", name, "enable_annotations");
            document = settings.Aggregate(document, (d, setting) => d.AddItem(key, setting));
        }
        return $"# Copy of {path}, made by Holdfast, which renews it; in it pods may change more settings.\n"
            + document.Text.TrimStart('\uFEFF');
    }
}
