using System.Text;
using Holdfast.Node.Spec;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Components;

/// <summary>
/// What one containerd's configuration file shall say, and the edit that makes it say so: only keys that differ are
/// touched, all else stays as a person left it. Immutable, pure.
/// </summary>
internal sealed record ContainerdConfig
{
    private const string DefaultHandler = "runc";

    public required RuntimeSpec Runtime { get; init; }

    /// <summary>Whether runc makes its control groups through systemd.</summary>
    public required bool UseSystemdCgroup { get; init; }

    /// <summary>Whether oom_score_adj cannot be lowered on this machine.</summary>
    public required bool RestrictOomScoreAdj { get; init; }

    public required string CniPluginDirectory { get; init; }
    public required string CniConfigDirectory { get; init; }

    /// <summary>Of the installed containerd; null when it is about to be installed.</summary>
    public string? ContainerdVersion { get; init; }

    /// <summary>Where this instance looks for registry hosts.</summary>
    public string RegistryDirectory => Path.Join(Path.GetDirectoryName(Runtime.ConfigFile), "certs.d");

    /// <summary>From the file's present content (null: there is none) to the wanted one; a fixed point of itself.</summary>
    /// <exception cref="NodeException">The file is not TOML, or of a schema that is not known.</exception>
    public byte[] Edit(byte[]? current)
    {
        // A file of white space and comments only is as good as none, but its comments stay.
        var document = TomlDocument.Parse(current ?? [], Runtime.ConfigFile);
        var isNew = document.ToTable().Entries.Count == 0;
        if (isNew)
        {
            document = NewFile(document);
        }
        document = EnableCri(document);
        (document, var schema) = FindSchema(document);
        document = SetPlaces(document);
        document = SetCri(document, schema);
        foreach (var handler in Runtime.Handlers)
        {
            document = SetHandler(document, schema, handler);
        }
        document = AgreeOnCgroups(document, schema);
        document = SetRegistries(document, schema);
        return document.ToUtf8();
    }

    private TomlDocument NewFile(TomlDocument document)
    {
        var head =
            "# Written by Holdfast, which changes only the keys that its node document is about. Add what you like.\n";
        var schema = ContainerdSchema.ForNewFile(ContainerdVersion);
        return TomlDocument
            .Parse(document.Text.Length == 0 ? head : document.Text, Runtime.ConfigFile)
            .Set(TomlPath.Of("version"), schema.Version)
            // The default is /opt/containerd, which containerd would make.
            .Set(
                TomlPath.Of("plugins", "io.containerd.internal.v1.opt", "path"),
                Path.Join(Runtime.RootDirectory, "opt")
            );
    }

    /// <summary>Docker ships a file that switches CRI off.</summary>
    private static TomlDocument EnableCri(TomlDocument document) =>
        ContainerdSchema.CriPluginNames.Aggregate(
            document,
            (d, name) => d.RemoveItem(TomlPath.Of("disabled_plugins"), name)
        );

    private (TomlDocument, ContainerdSchema) FindSchema(TomlDocument document)
    {
        var written = document.Get("version");
        if (written is null && document.Get("plugins") is null)
        {
            // Nothing in it depends on the version yet, so it may become one that is not deprecated.
            var schema = ContainerdSchema.ForNewFile(ContainerdVersion);
            return (document.Set(TomlPath.Of("version"), schema.Version), schema);
        }
        var version = written switch
        {
            null => 1,
            TomlInteger i => i.Value,
            _ => 0,
        };
        return (
            document,
            ContainerdSchema.Find(version)
                ?? throw new NodeException(
                    NodeReason.FileNotUnderstood,
                    $"cannot edit {Runtime.ConfigFile}: it says version = {TomlText.Of(written!)}, and this program knows "
                        + "versions 1 to 4; move the file away to get a new one"
                )
        );
    }

    private TomlDocument SetPlaces(TomlDocument document)
    {
        document = SetUnlessDefault(document, TomlPath.Of("root"), Runtime.RootDirectory, "/var/lib/containerd");
        document = SetUnlessDefault(document, TomlPath.Of("state"), Runtime.StateDirectory, "/run/containerd");
        return SetUnlessDefault(
            document,
            TomlPath.Of("grpc", "address"),
            Runtime.Socket,
            "/run/containerd/containerd.sock"
        );
    }

    private TomlDocument SetCri(TomlDocument document, ContainerdSchema schema)
    {
        document = document
            .Set(schema.Images.Then(schema.SandboxImage), Runtime.SandboxImage)
            .Set(schema.Runtime.Then("cni", "bin_dir"), CniPluginDirectory)
            .Set(schema.Runtime.Then("cni", "conf_dir"), CniConfigDirectory);
        if (RestrictOomScoreAdj)
        {
            document = document.Set(schema.Runtime.Then("restrict_oom_score_adj"), true);
        }
        return SetUnlessDefault(
            document,
            schema.Containerd.Then("default_runtime_name"),
            Runtime.Handlers[0].Name,
            DefaultHandler
        );
    }

    private TomlDocument SetHandler(TomlDocument document, ContainerdSchema schema, HandlerSpec handler)
    {
        var path = schema.Handler(handler.Name);
        document = document.Set(path.Then("runtime_type"), handler.RuntimeType);
        foreach (var (key, value) in handler.Options)
        {
            document = document.Set(path.Then("options", key), ToToml(value));
        }
        return handler.Kind == HandlerKind.Runc
            ? document.Set(path.Then("options", "SystemdCgroup"), UseSystemdCgroup)
            : document;
    }

    /// <summary>
    /// Handlers that Holdfast does not know must agree too, and the old key must go: beside the shim of today containerd
    /// ignores it or refuses the whole file.
    /// </summary>
    private TomlDocument AgreeOnCgroups(TomlDocument document, ContainerdSchema schema)
    {
        foreach (var old in new[] { TomlPath.Of("systemd_cgroup"), schema.Runtime.Then("systemd_cgroup") })
        {
            var isRoot = old.Count == 1;
            document = isRoot || document.Get(old) is TomlBoolean { Value: true } ? document.Remove(old) : document;
        }
        foreach (var (name, value) in (document.Get(schema.Handlers) as TomlTable ?? TomlTable.Empty).Entries)
        {
            var isRunc =
                value is TomlTable table
                && table.TryGet("runtime_type", out var type)
                && type == HandlerSpec.RuncRuntimeType;
            var key = schema.Handler(name).Then("options", "SystemdCgroup");
            var isSystemd = document.Get(key) is TomlBoolean { Value: true };
            document = isRunc && isSystemd != UseSystemdCgroup ? document.Set(key, UseSystemdCgroup) : document;
        }
        return document;
    }

    /// <summary>
    /// certs.d excludes mirror tables and tables of TLS settings: containerd refuses a file with both. Who has tables keeps
    /// them.
    /// </summary>
    private TomlDocument SetRegistries(TomlDocument document, ContainerdSchema schema)
    {
        if (Runtime.Registries.Count == 0)
        {
            return document;
        }
        if (UsesMirrorTables(document, schema))
        {
            return Runtime.Registries.Aggregate(
                document,
                (d, r) =>
                    d.Set(
                        schema.Registry.Then("mirrors", r.Host, "endpoint"),
                        TomlArray.Of(r.Mirrors.Select(m => RegistryHosts.Address(m)))
                    )
            );
        }
        var key = schema.Registry.Then("config_path");
        var present = document.Get(key) is TomlString { Value.Length: > 0 } s ? s.Value.Split(':') : [];
        return present.Contains(RegistryDirectory)
            ? document
            : document.Set(key, string.Join(':', present.Prepend(RegistryDirectory)));
    }

    private bool UsesMirrorTables(TomlDocument document, ContainerdSchema schema)
    {
        var isTooOld = Version.TryParse(ContainerdVersion, out var version) && version < new Version(1, 5);
        var registry = document.Get(schema.Registry) as TomlTable ?? TomlTable.Empty;
        var hasMirrors = registry.TryGet("mirrors", out var mirrors) && mirrors is TomlTable { Entries.Count: > 0 };
        var hasTls =
            registry.TryGet("configs", out var configs)
            && configs is TomlTable table
            && table.Entries.Values.Any(c => c is TomlTable host && host.TryGet("tls", out _));
        return schema.HasMirrorTables && (isTooOld || hasMirrors || hasTls);
    }

    /// <summary>containerd's own default is not written down, but another value in the file is corrected.</summary>
    private static TomlDocument SetUnlessDefault(TomlDocument document, TomlPath path, string value, string builtIn) =>
        value == builtIn && (document.Get(path) is null or TomlString { Value: "" })
            ? document
            : document.Set(path, value);

    private static TomlValue ToToml(OptionValue value) =>
        value switch
        {
            OptionValue.Text text => text.Value,
            OptionValue.Integer integer => integer.Value,
            OptionValue.Switch flag => flag.Value,
            OptionValue.TextList list => TomlArray.Of(list.Values),
            _ => throw new ArgumentOutOfRangeException(nameof(value)),
        };
}
