using System.Text;
using Holdfast.Node.Images;
using Holdfast.Node.Spec;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Components.Crio;

/// <summary>
/// The drop-in by which CRI-O becomes what the node document says. CRI-O merges the files of its directory by name, table
/// by table, so the file is ours as a whole and nothing of a person's is edited. Immutable, pure.
/// Source: docs/crio.conf.5.md of CRI-O 1.18 to 1.34, and kata-deploy for the handlers of Kata.
/// </summary>
internal sealed record CrioConfig
{
    private static readonly TomlPath Crio = TomlPath.Of("crio");

    public required RuntimeSpec Runtime { get; init; }

    /// <summary>As the document has them, with what was found out about Kata filled in.</summary>
    public required IReadOnlyList<HandlerSpec> Handlers { get; init; }

    public required bool UseSystemdCgroup { get; init; }

    public required string SandboxImage { get; init; }

    public required string CniPluginDirectory { get; init; }
    public required string CniConfigDirectory { get; init; }

    /// <summary>Where an archive put CRI-O's helpers; null where the package has them in their usual places.</summary>
    public string? ProgramDirectory { get; init; }

    /// <summary>The runc of the machine, for handlers that are not called like their program.</summary>
    public string? RuncProgram { get; init; }

    public static string AuthFileOf(RuntimeSpec runtime) =>
        Path.Join(Path.GetDirectoryName(Path.GetDirectoryName(runtime.ConfigFile)), "holdfast-auth.json");

    public byte[] Render()
    {
        const string Head = "# Written by Holdfast from the node document; write your own keys into another file.\n";
        var document = TomlDocument.Parse(Head, Runtime.ConfigFile);
        foreach (var (path, value) in Keys())
        {
            document = document.Set(path, value);
        }
        return document.ToUtf8();
    }

    public IEnumerable<(TomlPath Path, TomlValue Value)> Keys() =>
        [.. PlaceKeys(), .. RuntimeKeys(), .. Handlers.SelectMany(HandlerKeys), .. ImageKeys(), .. NetworkKeys()];

    private IEnumerable<(TomlPath, TomlValue)> PlaceKeys()
    {
        yield return (Crio.Then("root"), Runtime.RootDirectory);
        yield return (Crio.Then("runroot"), Runtime.StateDirectory);
        yield return (Crio.Then("api", "listen"), Runtime.Socket);
    }

    private IEnumerable<(TomlPath, TomlValue)> RuntimeKeys()
    {
        var runtime = Crio.Then("runtime");
        yield return (runtime.Then("cgroup_manager"), UseSystemdCgroup ? "systemd" : "cgroupfs");
        // With cgroupfs the monitor must live in the pod's own group: CRI-O refuses any other word.
        yield return (runtime.Then("conmon_cgroup"), UseSystemdCgroup ? "system.slice" : "pod");
        yield return (runtime.Then("default_runtime"), Handlers[0].Name);
        if (ProgramDirectory is { } directory)
        {
            yield return (runtime.Then("pinns_path"), $"{directory}/pinns");
        }
    }

    private IEnumerable<(TomlPath, TomlValue)> HandlerKeys(HandlerSpec handler)
    {
        var path = Crio.Then("runtime", "runtimes", handler.Name);
        yield return (path.Then("runtime_path"), ProgramOf(handler));
        yield return (path.Then("runtime_type"), handler.Kind == HandlerKind.Runc ? "oci" : "vm");
        yield return (path.Then("runtime_root"), RootOf(handler));
        if (handler.Kind == HandlerKind.Kata)
        {
            yield return (path.Then("runtime_config_path"), TextOf(handler, "ConfigPath") ?? "");
        }
        if (handler.PrivilegedWithoutHostDevices)
        {
            yield return (path.Then("privileged_without_host_devices"), true);
        }
        if (ProgramDirectory is { } directory && handler.Kind == HandlerKind.Runc)
        {
            yield return (path.Then("monitor_path"), $"{directory}/conmon");
        }
    }

    private IEnumerable<(TomlPath, TomlValue)> ImageKeys()
    {
        var image = Crio.Then("image");
        yield return (image.Then("pause_image"), SandboxImage);
        if (SandboxImage == PauseImage.Reference)
        {
            // Empty means the image's own; the default is the path that Kubernetes' images have.
            yield return (image.Then("pause_command"), "");
        }
        if (Runtime.Registries.Any(r => r.Credentials is not null))
        {
            yield return (image.Then("global_auth_file"), AuthFileOf(Runtime));
        }
    }

    private IEnumerable<(TomlPath, TomlValue)> NetworkKeys()
    {
        yield return (Crio.Then("network", "network_dir"), CniConfigDirectory);
        yield return (Crio.Then("network", "plugin_dirs"), TomlArray.Of([CniPluginDirectory]));
    }

    /// <summary>Empty lets CRI-O look for a program that is called like the handler.</summary>
    private string ProgramOf(HandlerSpec handler) =>
        handler.Kind != HandlerKind.Runc ? handler.RuntimePath ?? ""
        : TextOf(handler, "BinaryName") is { } program ? program
        : ProgramDirectory is not null ? $"{ProgramDirectory}/{(handler.Name == "crun" ? "crun" : "runc")}"
        : handler.Name is "runc" or "crun" ? ""
        : RuncProgram ?? "";

    private static string RootOf(HandlerSpec handler) =>
        TextOf(handler, "Root") ?? (handler.Kind == HandlerKind.Kata ? "/run/vc" : $"/run/{handler.Name}");

    private static string? TextOf(HandlerSpec handler, string option) =>
        handler.Options.TryGetValue(option, out var value) && value is OptionValue.Text text ? text.Value : null;
}
