using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Runtimes.Cni;

/// <summary>Which version of the CNI specification the network is written in.</summary>
internal static class CniVersions
{
    /// <summary>Understood by every plugin since 0.8, every containerd since 1.2 and every CRI-O.</summary>
    public const string Safest = "0.4.0";

    /// <summary>Newest first. 0.3.1 is for plugins before 0.8.</summary>
    private static readonly string[] Written = ["1.0.0", Safest, "0.3.1"];

    /// <summary>containerd reads 1.0.0 with libcni 1.0, which came with this one.</summary>
    private static readonly Version FirstContainerdWithOne = new(1, 6);

    private static readonly Version FirstPluginsWithOne = new(1, 0);

    /// <summary>0.4.0 came with these plugins.</summary>
    private static readonly Version FirstPluginsWithSafest = new(0, 8);

    /// <summary>
    /// The newest that every plugin and runtime understands; null when there is none. Of packages that are yet to
    /// come nothing is known but that they understand <see cref="Safest"/>; of archives, what their names say.
    /// </summary>
    public static string? Choose(EdgeNodeSpec spec, MachineFacts facts) =>
        Written.FirstOrDefault(version => IsUnderstood(version, spec, facts));

    /// <summary>
    /// The version of the file that is there, as long as it is understood: a network that works is not written anew, and
    /// every pod's runtime asked to read it again, because something newer came.
    /// </summary>
    public static string? Keep(byte[]? current, EdgeNodeSpec spec, MachineFacts facts)
    {
        try
        {
            return
                current is not null
                && JsonNode.Parse(current)?["cniVersion"]?.GetValue<string>() is { } version
                && Written.Contains(version)
                && IsUnderstood(version, spec, facts)
                ? version
                : null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsUnderstood(string version, EdgeNodeSpec spec, MachineFacts facts)
    {
        var isNew = version == Written[0];
        return PluginsUnderstand(version, isNew, spec, facts)
            && (!isNew || spec.Runtimes.All(runtime => ReadsOne(runtime, facts)));
    }

    /// <summary>An archive brings its own, wherever others are now: only its name tells what it holds.</summary>
    private static bool PluginsUnderstand(string version, bool isNew, EdgeNodeSpec spec, MachineFacts facts)
    {
        if (spec.Network.Plugins is InstallSpec.Archive or InstallSpec.Bundle)
        {
            var archive = SoftwareVersion.Of(spec.Network.Plugins);
            return isNew
                ? archive >= FirstPluginsWithOne
                : version != Safest || archive is null || archive >= FirstPluginsWithSafest;
        }

        var plugins = facts
            .CniPlugins.Where(plugin => plugin.Problem is null && plugin.Name != CniPlugin.Loopback)
            .ToArray();
        return plugins.Length == 0 ? !isNew : plugins.All(plugin => plugin.Versions.Contains(version));
    }

    private static bool ReadsOne(RuntimeSpec runtime, MachineFacts facts)
    {
        var version = runtime.Install is InstallSpec.Archive or InstallSpec.Bundle
            ? SoftwareVersion.Of(runtime.Install)
            : SoftwareVersion.Find(facts.ContainerdVersion);
        return runtime.Kind == RuntimeKind.Containerd && version >= FirstContainerdWithOne;
    }
}
