using System.Text;
using Holdfast.Document;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Software;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>
/// Kata Containers below the runtimes that have handlers of it: its files, and for handlers whose pods may change settings
/// a configuration that allows them.
/// </summary>
internal sealed class KataComponent : IComponent
{
    public string Name => "kata";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        var handlers = spec.Runtimes.SelectMany(r => r.Handlers).Where(h => h.Kata is not null).ToArray();
        var archive = handlers.Select(h => h.Kata!.Install).OfType<InstallSpec.Archive>().FirstOrDefault();
        if (archive is not null)
        {
            yield return new SoftwareChange(Describe(archive.Source)) { Why = "it runs pods in virtual machines" };
        }
        foreach (var handler in handlers)
        {
            yield return KataFilesCheck.For(handler);
            if (handler.Kata!.Annotations.Count > 0)
            {
                yield return new FileChange(
                    KataFiles.CopyOf(handler),
                    (machine, _, token) => CopyAsync(handler, machine, token)
                )
                {
                    Title = $"pods of {handler.Name} may change {string.Join(", ", handler.Kata.Annotations)}",
                };
            }
        }
    }

    /// <summary>Every archive since 2.0 has all it brings below opt/kata, seen from the root.</summary>
    private static SoftwareSpec Describe(ArchiveSpec source) =>
        new("kata", source)
        {
            Part = "opt/kata",
            Links =
            [
                new SoftwareLink(KataFiles.Prefixes[0], ""),
                .. SoftwareLink.ForPrograms("/usr/local/bin", "bin", ["kata-runtime", "kata-ctl"], areOptional: true),
            ],
        };

    private static async Task<byte[]> CopyAsync(
        HandlerSpec handler,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var kata = handler.Kata!;
        var source = kata.ConfigFile ?? KataFiles.FindOrExpect(kata, machine).Configuration;
        var content = await machine.ReadBytesAsync(source, cancellationToken);
        return Encoding.UTF8.GetBytes(Allow(content, source, kata.Annotations));
    }

    /// <summary>
    /// A copy in which pods may change settings by annotation, in addition to what the original allows. Kata ignores an
    /// annotation that is not enabled, or refuses the pod.
    /// </summary>
    /// <param name="original">Null when it is not there yet.</param>
    internal static string Allow(byte[]? original, string path, IReadOnlyList<string> settings)
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
