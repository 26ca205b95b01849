using System.Text;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Images;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Crio;

/// <summary>
/// The drop-in by which CRI-O becomes what the node document says. CRI-O merges the files of its directory by name, table
/// by table, so the file is ours as a whole and nothing of a person's is edited.
/// Source: docs/crio.conf.5.md of CRI-O 1.18 to 1.34, and kata-deploy for the handlers of Kata.
/// </summary>
internal sealed record CrioConfig
{
    private static readonly TomlPath Crio = TomlPath.Of("crio");

    /// <summary>What pods would notice. The rest a CRI-O of some version may not have, or word in its own way.</summary>
    private static readonly TomlPath[] Decisive =
    [
        Crio.Then("runtime", "cgroup_manager"),
        Crio.Then("runtime", "default_runtime"),
        Crio.Then("image", "pause_image"),
        Crio.Then("image", "global_auth_file"),
        Crio.Then("network", "network_dir"),
        Crio.Then("network", "plugin_dirs"),
    ];

    /// <summary>The same of a handler.</summary>
    private static readonly string[] DecisiveOfHandler = ["runtime_path", "runtime_type", "runtime_config_path"];

    public required RuntimeSpec Runtime { get; init; }

    /// <summary>As the document has them, with what was found out about Kata filled in.</summary>
    public required IReadOnlyList<HandlerSpec> Handlers { get; init; }

    public required bool UseSystemdCgroup { get; init; }

    public required string SandboxImage { get; init; }

    public required string CniPluginDirectory { get; init; }

    /// <summary>Where an archive put CRI-O's helpers; null where the package has them in their usual places.</summary>
    public string? ProgramDirectory { get; init; }

    /// <summary>The runc of the machine, for handlers that are not called like their program.</summary>
    public string? RuncProgram { get; init; }

    /// <summary>Programs (<c>runc</c>, <c>crun</c>, <c>conmon</c>) that CRI-O does not find by itself, with their paths.</summary>
    public IReadOnlyDictionary<string, string> HiddenPrograms { get; init; } = new Dictionary<string, string>();

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

    /// <summary>Compares what a running CRI-O says that it has with what was meant; empty when it is the same.</summary>
    /// <param name="seen">Its page of the configuration, in which what was left to it has been filled in.</param>
    public IReadOnlyList<string> FindFaults(TomlDocument seen)
    {
        var faults = new List<string>();
        foreach (var handler in Handlers)
        {
            var path = Crio.Then("runtime", "runtimes", handler.Name);
            if (seen.Get(path) is not TomlTable)
            {
                faults.Add($"it has no handler {handler.Name}");
                continue;
            }
            faults.AddRange(
                HandlerKeys(handler)
                    .Where(key => DecisiveOfHandler.Contains(key.Item1.Last) && IsTold(key.Item2))
                    .Select(key => FindFault(seen, key))
                    .OfType<string>()
            );
        }
        var others = Keys().Where(key => Decisive.Contains(key.Path));
        return [.. faults, .. others.Select(key => FindFault(seen, key)).OfType<string>()];
    }

    /// <summary>An empty text leaves it to CRI-O.</summary>
    private static bool IsTold(TomlValue value) => value is not TomlString { Value: "" };

    private static string? FindFault(TomlDocument seen, (TomlPath Path, TomlValue Value) key)
    {
        var found = seen.Get(key.Path);
        var isSame = (found, key.Value) switch
        {
            (TomlString was, TomlString meant) => was.Value.TrimEnd('/') == meant.Value.TrimEnd('/'),
            // It adds directories of its own.
            (TomlArray was, TomlArray meant) => meant.Items.All(was.Items.Contains),
            _ => found?.Equals(key.Value) == true,
        };
        return isSame ? null : $"{key.Path} is {(found is null ? "nothing" : found.ToString())} instead of {key.Value}";
    }

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
        if (handler.Kind == HandlerKind.Runc && ConmonProgram is { } conmon)
        {
            yield return (path.Then("monitor_path"), conmon);
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
        yield return (Crio.Then("network", "network_dir"), CniNetworkChange.Directory);
        yield return (Crio.Then("network", "plugin_dirs"), TomlArray.Of([CniPluginDirectory]));
    }

    private string? ConmonProgram =>
        ProgramDirectory is { } directory ? $"{directory}/conmon" : HiddenPrograms.GetValueOrDefault("conmon");

    /// <summary>Empty lets CRI-O look for a program that is called like the handler.</summary>
    private string ProgramOf(HandlerSpec handler) =>
        handler.Kind != HandlerKind.Runc ? handler.RuntimePath ?? ""
        : TextOf(handler, "BinaryName") is { } program ? program
        : ProgramDirectory is not null ? $"{ProgramDirectory}/{(handler.Name == "crun" ? "crun" : "runc")}"
        : handler.Name is "runc" or "crun" ? HiddenPrograms.GetValueOrDefault(handler.Name, "")
        : RuncProgram ?? "";

    private static string RootOf(HandlerSpec handler) =>
        TextOf(handler, "Root") ?? (handler.Kind == HandlerKind.Kata ? "/run/vc" : $"/run/{handler.Name}");

    private static string? TextOf(HandlerSpec handler, string option) =>
        handler.Options.TryGetValue(option, out var value) && value is OptionValue.Text text ? text.Value : null;
}
