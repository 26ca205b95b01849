using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// What one containerd's configuration has to say, and the edits that make it so: only keys that differ are touched,
/// all else stays as a person left it. Up to 1.7 the main file is edited in place, since a file that it imports replaces
/// whole sections there; from 2.0 on the keys lie in a drop-in of our own, which containerd merges.
/// </summary>
internal sealed partial record ContainerdConfig
{
    private static readonly Version FirstWithMerge = new(2, 0);
    private static readonly Version FirstWithOwnDirectory = new(2, 2);
    private const string UnreadNote =
        "which are of version 1 and which containerd 2 ignores, only the handlers are taken over";
    private static readonly TomlPath Imports = TomlPath.Of("imports");

    public required RuntimeSpec Runtime { get; init; }

    /// <summary>As the document has them, with what was found out about each filled in.</summary>
    public required IReadOnlyList<HandlerSpec> Handlers { get; init; }

    /// <summary>Whether runc makes its control groups through systemd.</summary>
    public required bool UseSystemdCgroup { get; init; }

    /// <summary>Whether oom_score_adj cannot be lowered on this machine.</summary>
    public required bool RestrictOomScoreAdj { get; init; }

    public required string CniPluginDirectory { get; init; }
    public required string CniConfigDirectory { get; init; }

    /// <summary>As Go and Kubernetes name it.</summary>
    public string Architecture { get; init; } = MachineFacts.OwnArchitecture;

    /// <summary>Of the installed containerd, or as the archive's name has it; null when neither is known.</summary>
    public Version? ContainerdVersion { get; init; }

    /// <summary>Handlers of runc that other people's files bring, which this containerd merges with ours.</summary>
    public IReadOnlyList<string> ImportedRuncHandlers { get; init; } = [];

    /// <summary>By registry host; each is wanted by <see cref="RegistrySpec.Credentials"/>.</summary>
    public IReadOnlyDictionary<string, string> Passwords { get; init; } = new Dictionary<string, string>();

    /// <summary>Where this instance looks for registry hosts.</summary>
    public string RegistryDirectory => Path.Join(Path.GetDirectoryName(Runtime.ConfigFile), "certs.d");

    /// <summary>Whether our keys lie in a file of their own.</summary>
    public bool UsesDropIn => ContainerdVersion >= FirstWithMerge;

    public static string DropInOf(RuntimeSpec runtime) =>
        Path.Join(Path.GetDirectoryName(runtime.ConfigFile), "conf.d", "20-holdfast.toml");

    /// <summary>What a main file imports that does not say so itself.</summary>
    public static IReadOnlyList<string> DefaultImports(RuntimeSpec runtime, Version? containerd) =>
        containerd >= FirstWithOwnDirectory ? [Path.Join(Path.GetDirectoryName(DropInOf(runtime)), "*.toml")] : [];

    /// <summary>The main file, from its present content (null: there is none) to the wanted one; a fixed point of itself.</summary>
    /// <exception cref="NodeException">The file is not TOML, or of a schema that is not known.</exception>
    public byte[] EditMain(byte[]? current)
    {
        // A file of white space and comments only is as good as none, but its comments stay.
        var document = TomlDocument.Parse(current ?? [], Runtime.ConfigFile);
        if (document.ToTable().Entries.Count == 0)
        {
            document = NewFile(document);
        }
        document = EnableCri(document);
        (document, var schema) = FindSchema(document);
        RequireSocket(document, schema);
        document = RemoveWrongKeys(document, schema);
        if (UsesDropIn)
        {
            return Import(document).ToUtf8();
        }
        return Keys(schema, document).Aggregate(document, (d, key) => key.WriteTo(d)).ToUtf8();
    }

    /// <summary>The drop-in as a whole: what the document no longer wants is gone from it. Empty where none is used.</summary>
    /// <param name="main">The main file; null where it will be made.</param>
    public byte[] MakeDropIn(byte[]? main)
    {
        if (!UsesDropIn)
        {
            return [];
        }
        var below = TomlDocument.Parse(EditMain(main), Runtime.ConfigFile);
        var (_, written) = FindSchema(below);
        // A containerd that merges files no longer reads the tables of version 1, wherever they are.
        var isUnread = written.Version == 1;
        var schema = isUnread ? ContainerdSchema.ForNewFile(ContainerdVersion) : written;
        const string Head = "# Written by Holdfast from the node document; write your own keys into another file.\n";
        var note = isUnread ? $"# Of the tables in {Runtime.ConfigFile}, {UnreadNote}.\n" : "";
        var document = TomlDocument.Parse(Head + note, DropInOf(Runtime)).Set(TomlPath.Of("version"), schema.Version);
        if (isUnread)
        {
            document = CarryHandlers(document, below.Get(written.Handlers) as TomlTable, schema);
        }
        return Keys(schema, below).Aggregate(document, (d, key) => key.WriteTo(d, below)).ToUtf8();
    }

    /// <summary>Compares what containerd says that it sees with what was meant; empty when it is the same.</summary>
    /// <param name="main">The main file as it is.</param>
    /// <param name="seen">Output of <c>containerd config dump</c>, in whatever schema that containerd has.</param>
    public IReadOnlyList<string> FindFaults(byte[]? main, TomlDocument seen)
    {
        if (ContainerdSchema.Of(seen) is not { } schema)
        {
            return [];
        }
        // Another file that comes after Holdfast's decides over its own handlers.
        var handlers = ListRuncHandlers(TomlDocument.Parse(main ?? [], Runtime.ConfigFile))
            .Except(ImportedRuncHandlers)
            .ToArray();
        return [.. Keys(schema, seen, handlers).Select(key => key.FindFault(seen)).OfType<string>()];
    }

    private TomlDocument NewFile(TomlDocument document)
    {
        var head = UsesDropIn
            ? "# Written by Holdfast, which has its keys in the file that is imported below. Add what you like.\n"
            : "# Written by Holdfast, which changes only the keys that its node document is about. Add what you like.\n";
        var schema = ContainerdSchema.ForNewFile(ContainerdVersion);
        var made = TomlDocument
            .Parse(document.Text.Length == 0 ? head : document.Text, Runtime.ConfigFile)
            .Set(TomlPath.Of("version"), schema.Version)
            // The default is /opt/containerd, which containerd would make.
            .Set(
                TomlPath.Of("plugins", "io.containerd.internal.v1.opt", "path"),
                Path.Join(Runtime.RootDirectory, "opt")
            );
        // Whatever becomes of the drop-in, this file alone has a handler that works.
        return UsesDropIn ? made.Set(schema.Handler("runc").Then("runtime_type"), HandlerSpec.RuncRuntimeType) : made;
    }

    /// <summary>Docker ships a file that switches CRI off.</summary>
    private static TomlDocument EnableCri(TomlDocument document) =>
        ContainerdSchema.CriPluginNames.Aggregate(
            document,
            (d, name) => d.RemoveItem(TomlPath.Of("disabled_plugins"), name)
        );

    /// <summary>Only the handlers: the rest of an old file may hold passwords, and this file is for everybody to read.</summary>
    private static TomlDocument CarryHandlers(TomlDocument document, TomlTable? handlers, ContainerdSchema schema) =>
        (handlers?.Entries ?? TomlTable.Empty.Entries)
            .Where(entry =>
                entry.Value is TomlTable table
                && table.TryGet("runtime_type", out var type)
                && type is TomlString { Value.Length: > 0 }
            )
            .SelectMany(entry => Leaves(schema.Handler(entry.Key), (TomlTable)entry.Value))
            .Aggregate(document, (d, leaf) => d.Set(leaf.Path, leaf.Value));

    private static IEnumerable<(TomlPath Path, TomlValue Value)> Leaves(TomlPath path, TomlTable table) =>
        table.Entries.SelectMany(entry =>
            entry.Value is TomlTable inner ? Leaves(path.Then(entry.Key), inner) : [(path.Then(entry.Key), entry.Value)]
        );

    private (TomlDocument, ContainerdSchema) FindSchema(TomlDocument document)
    {
        var written = document.Get("version");
        if (written is null && document.Get("plugins") is null && !HasShortPluginNames(document))
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
                    $"cannot edit {Runtime.ConfigFile}: it says version = {written}, and this program knows "
                        + "versions 1 to 4; move the file away to get a new one"
                )
        );
    }

    /// <summary>Agents, clients and Holdfast itself look for the socket where the document has it.</summary>
    /// <exception cref="NodeException">NotSupported: the file has another one, which the document does not name.</exception>
    private void RequireSocket(TomlDocument document, ContainerdSchema schema)
    {
        if (
            Runtime.Unnamed.HasFlag(RuntimePlaces.Socket)
            && document.Get(schema.Address) is TomlString { Value: { Length: > 0 } address }
            && address != Runtime.Socket
        )
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot configure {Runtime.Name}: {Runtime.ConfigFile} has its socket at {address}, and the node document "
                    + $"does not; say socket: {address} in the document, or take {schema.Address} out of the file"
            );
        }
    }

    /// <summary>Only files of version 1 may call plugins by short names (<c>btrfs</c>): any other is refused with them.</summary>
    private static bool HasShortPluginNames(TomlDocument document) =>
        new[] { "disabled_plugins", "required_plugins" }
            .SelectMany(key => (document.Get(key) as TomlArray)?.Items ?? [])
            .Any(name => name is TomlString { Value: var value } && !value.Contains('.', StringComparison.Ordinal));

    /// <summary>
    /// The old key of the cgroup driver must go: beside the shim of today containerd ignores it or refuses the whole file.
    /// So must the old key of the plugins' directory, once its successor is there.
    /// </summary>
    private TomlDocument RemoveWrongKeys(TomlDocument document, ContainerdSchema schema)
    {
        document = document.Remove(TomlPath.Of("systemd_cgroup"));
        var old = schema.Runtime.Then("systemd_cgroup");
        document = document.Get(old) is TomlBoolean { Value: true } ? document.Remove(old) : document;
        return HasPluginDirectories ? document.Remove(schema.Runtime.Then("cni", "bin_dir")) : document;
    }

    /// <summary>
    /// Only names a file that is there already: the drop-in is written first, because containerd does not start with an
    /// import that leads nowhere.
    /// </summary>
    private TomlDocument Import(TomlDocument document)
    {
        var dropIn = DropInOf(Runtime);
        var directory = Path.GetDirectoryName(dropIn)!;
        var imports = ContainerdImports.Of(document);
        if (imports?.Any(import => ContainerdImports.Includes(Runtime.ConfigFile, import, dropIn)) == true)
        {
            return document;
        }
        // Without the key containerd 2.2 reads the whole directory, and must go on doing so.
        var isDirectoryDefault = imports is null && DefaultImports(Runtime, ContainerdVersion).Count > 0;
        return document.AddItem(Imports, isDirectoryDefault ? $"{directory}/*.toml" : dropIn);
    }
}
