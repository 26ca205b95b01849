using Holdfast.Document;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>The keys themselves, for a file of any schema.</summary>
internal sealed partial record ContainerdConfig
{
    private const string DefaultHandler = "runc";
    private const string DefaultSnapshotter = "overlayfs";

    /// <summary>What unpacks images on behalf of clients since 1.7. From 2.1 on CRI does not start without it.</summary>
    private static readonly TomlPath Unpacking = TomlPath.Of(
        "plugins",
        "io.containerd.transfer.v1.local",
        "unpack_config"
    );

    /// <summary>Before, a shim was found by its type alone.</summary>
    private static readonly Version FirstWithRuntimePath = new(1, 6);

    /// <summary>Some 1.6 (Debian's 1.6.20) read the shim's path and do not use it.</summary>
    private static readonly Version FirstWithUsedRuntimePath = new(1, 7);

    /// <summary>Since then the CNI plugins' directories are a list, and the old key beside it is an error.</summary>
    private static readonly Version FirstWithPluginDirectories = new(2, 1);

    /// <summary>
    /// Since then the transfer service pulls, which takes <c>config_path</c> for one directory; the list that containerd
    /// itself writes by default leads nowhere there.
    /// </summary>
    private static readonly Version FirstWithTransfer = new(2, 1);

    /// <summary>Before, registry hosts could not be configured outside of the main file.</summary>
    private static readonly Version FirstWithRegistryDirectory = new(1, 5);

    /// <summary>Whether it is enough to name a shim's path.</summary>
    public bool FindsShimByPath => ContainerdVersion is null || ContainerdVersion >= FirstWithMerge;

    /// <summary>Whether handlers of one type share one shim, whatever their paths say.</summary>
    public bool FindsOneShimPerType => ContainerdVersion < FirstWithUsedRuntimePath;

    private bool HasRuntimePath => ContainerdVersion is null || ContainerdVersion >= FirstWithRuntimePath;

    private bool HasOneRegistryDirectory => ContainerdVersion >= FirstWithTransfer;

    private bool HasPluginDirectories => ContainerdVersion >= FirstWithPluginDirectories;

    /// <param name="main">What else is in the file: handlers of other people, registries that are set up already.</param>
    private IEnumerable<ContainerdKey> Keys(ContainerdSchema schema, TomlDocument main) =>
        Keys(schema, main, ListRuncHandlers(main));

    private IEnumerable<ContainerdKey> Keys(
        ContainerdSchema schema,
        TomlDocument main,
        IReadOnlyList<string> runcHandlers
    ) =>
        [
            PlaceKey(TomlPath.Of("root"), Runtime.RootDirectory, RuntimePlaces.Root, "/var/lib/containerd"),
            PlaceKey(TomlPath.Of("state"), Runtime.StateDirectory, RuntimePlaces.State, "/run/containerd"),
            PlaceKey(schema.Address, Runtime.Socket, RuntimePlaces.Socket, "/run/containerd/containerd.sock"),
            .. CriKeys(schema),
            .. OldTableKeys(schema),
            .. Handlers.SelectMany(handler => HandlerKeys(schema, handler)),
            // Handlers that Holdfast does not know must agree on the control groups too.
            .. runcHandlers
                .Except(Handlers.Select(h => h.Name))
                .Select(name => new ContainerdKey(
                    schema.Handler(name).Then("options", "SystemdCgroup"),
                    UseSystemdCgroup
                )
                {
                    // What another file says of it is not read: Holdfast's is laid over it.
                    IsBuiltIn = !UseSystemdCgroup && !ImportedRuncHandlers.Contains(name),
                }),
            .. RegistryKeys(schema, main),
            .. UnpackingKeys(main),
        ];

    private IEnumerable<ContainerdKey> CriKeys(ContainerdSchema schema)
    {
        yield return new ContainerdKey(schema.Images.Then(schema.SandboxImage), Runtime.SandboxImage);
        var (oneDirectory, directories) = (
            schema.Runtime.Then("cni", "bin_dir"),
            schema.Runtime.Then("cni", "bin_dirs")
        );
        yield return HasPluginDirectories
            ? new ContainerdKey(directories, TomlArray.Of([CniPluginDirectory]))
            : new ContainerdKey(oneDirectory, CniPluginDirectory)
            {
                Alternative = (directories, TomlArray.Of([CniPluginDirectory])),
            };
        yield return new ContainerdKey(schema.Runtime.Then("cni", "conf_dir"), CniConfigDirectory);
        if (RestrictOomScoreAdj)
        {
            yield return new ContainerdKey(schema.Runtime.Then("restrict_oom_score_adj"), true);
        }
        if (Runtime.Snapshotter is { } snapshotter)
        {
            yield return new ContainerdKey(schema.Snapshotter, snapshotter);
        }
        yield return UnlessDefault(
            schema.Containerd.Then("default_runtime_name"),
            Runtime.Handlers[0].Name,
            DefaultHandler
        );
    }

    /// <summary>Tables that containerd 1.x prefers to the keys and handlers that took their place; empty they say nothing.</summary>
    private IEnumerable<ContainerdKey> OldTableKeys(ContainerdSchema schema)
    {
        var tables = UsesDropIn ? Enumerable.Empty<string>() : ["default_runtime"];
        if (!UsesDropIn && Handlers.Any(handler => handler.Name == UntrustedSpec.WellKnownHandler))
        {
            tables = tables.Append("untrusted_workload_runtime");
        }
        return tables.Select(table => new ContainerdKey(schema.Containerd.Then(table, "runtime_type"), "")
        {
            IsBuiltIn = true,
        });
    }

    private IEnumerable<ContainerdKey> HandlerKeys(ContainerdSchema schema, HandlerSpec handler)
    {
        var path = schema.Handler(handler.Name);
        yield return new ContainerdKey(path.Then("runtime_type"), handler.RuntimeType);
        if (handler.RuntimePath is { } program && HasRuntimePath)
        {
            yield return new ContainerdKey(path.Then("runtime_path"), program);
        }
        if (handler.PodAnnotations.Count > 0)
        {
            yield return new ContainerdKey(path.Then("pod_annotations"), TomlArray.Of(handler.PodAnnotations));
        }
        if (handler.ContainerAnnotations.Count > 0)
        {
            yield return new ContainerdKey(
                path.Then("container_annotations"),
                TomlArray.Of(handler.ContainerAnnotations)
            );
        }
        yield return new ContainerdKey(
            path.Then("privileged_without_host_devices"),
            handler.PrivilegedWithoutHostDevices
        )
        {
            IsBuiltIn = !handler.PrivilegedWithoutHostDevices,
        };
        foreach (var (key, value) in handler.Options)
        {
            yield return new ContainerdKey(path.Then("options", key), ToToml(value));
        }
        if (handler.Kind == HandlerKind.Runc)
        {
            yield return new ContainerdKey(path.Then("options", "SystemdCgroup"), UseSystemdCgroup);
        }
    }

    /// <summary>
    /// certs.d excludes mirror tables and tables of TLS settings: containerd refuses a file with both. Who has tables keeps
    /// them. Logins stand beside either, since certs.d has no place for them.
    /// </summary>
    private IEnumerable<ContainerdKey> RegistryKeys(ContainerdSchema schema, TomlDocument main)
    {
        if (UsesMirrorTables(main, schema))
        {
            foreach (var registry in Runtime.Registries.Where(r => r.Mirrors.Count > 0))
            {
                yield return new ContainerdKey(
                    schema.Registry.Then("mirrors", registry.Host, "endpoint"),
                    TomlArray.Of(registry.Mirrors.Select(RegistryHosts.Address))
                );
            }
        }
        else if (Runtime.Registries.Any(r => r.Mirrors.Count > 0))
        {
            var key = schema.Registry.Then("config_path");
            var present = main.Get(key) is TomlString { Value.Length: > 0 } s ? s.Value.Split(':') : [];
            yield return new ContainerdKey(key, HasOneRegistryDirectory ? OneDirectory(present) : Join(present));
        }
        foreach (var registry in Runtime.Registries)
        {
            if (registry.Credentials is { } login && Passwords.TryGetValue(registry.Host, out var password))
            {
                var auth = schema.Registry.Then("configs", RegistryHosts.ServerName(registry.Host), "auth");
                yield return new ContainerdKey(auth.Then("username"), login.Username);
                yield return new ContainerdKey(auth.Then("password"), password) { IsSecret = true };
            }
        }
    }

    private string Join(string[] present) =>
        string.Join(':', present.Contains(RegistryDirectory) ? present : present.Prepend(RegistryDirectory));

    /// <exception cref="NodeException">NotSupported: hosts that lie in another directory would be lost.</exception>
    private string OneDirectory(string[] present) =>
        present is [] || present.Contains(RegistryDirectory)
            ? RegistryDirectory
            : throw new NodeException(
                NodeReason.NotSupported,
                $"cannot configure the registries of {Runtime.Name}: its config_path is {string.Join(':', present)}, and "
                    + $"containerd {ContainerdVersion} reads one directory; move what is in it to {RegistryDirectory} and take "
                    + "config_path out of the file, or leave the mirrors out of the node document"
            );

    /// <summary>It has a snapshotter of its own, and where that is missing it is, too: then containerd 2.1 has no CRI.</summary>
    /// <param name="main">A list that is there stays; containerd always shows one.</param>
    private IEnumerable<ContainerdKey> UnpackingKeys(TomlDocument main)
    {
        if (
            UsesDropIn
            && Runtime.Snapshotter is { } snapshotter and not DefaultSnapshotter
            && main.Get(Unpacking) is null
        )
        {
            var entry = new Dictionary<string, TomlValue>
            {
                ["platform"] = $"linux/{Architecture}",
                ["snapshotter"] = snapshotter,
            };
            yield return new ContainerdKey(Unpacking, new TomlArray([new TomlTable(entry)]));
        }
    }

    private bool UsesMirrorTables(TomlDocument document, ContainerdSchema schema)
    {
        var registry = document.Get(schema.Registry) as TomlTable ?? TomlTable.Empty;
        var hasMirrors = registry.TryGet("mirrors", out var mirrors) && mirrors is TomlTable { Entries.Count: > 0 };
        var hasTls =
            registry.TryGet("configs", out var configs)
            && configs is TomlTable table
            && table.Entries.Values.Any(c => c is TomlTable host && host.TryGet("tls", out _));
        return ContainerdVersion < FirstWithRegistryDirectory || hasMirrors || hasTls;
    }

    private IReadOnlyList<string> ListRuncHandlers(TomlDocument main) =>
        [.. RuncHandlersOf(main).Union(ImportedRuncHandlers)];

    /// <summary>The handlers of one file whose shim is runc's.</summary>
    public static IReadOnlyList<string> RuncHandlersOf(TomlDocument file)
    {
        var handlers = ContainerdSchema.Of(file) is { } schema ? file.Get(schema.Handlers) as TomlTable : null;
        return
        [
            .. (handlers ?? TomlTable.Empty)
                .Entries.Where(e =>
                    e.Value is TomlTable table
                    && table.TryGet("runtime_type", out var type)
                    && type == HandlerSpec.RuncRuntimeType
                )
                .Select(e => e.Key),
        ];
    }

    private ContainerdKey PlaceKey(TomlPath path, string value, RuntimePlaces place, string builtIn) =>
        UnlessDefault(path, value, builtIn) with
        {
            IsUnnamed = Runtime.Unnamed.HasFlag(place),
        };

    private static ContainerdKey UnlessDefault(TomlPath path, string value, string builtIn) =>
        new(path, value) { IsBuiltIn = value == builtIn };

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
