namespace Holdfast.Document;

/// <summary>The list of runtimes: reads it, fills in the places that follow from a runtime's name, finds conflicts.</summary>
internal static class RuntimeReader
{
    private const string BuiltinWord = "builtin";

    /// <summary>Image that Holdfast makes on the node; the same name in <c>Images/</c>.</summary>
    internal const string BuiltinSandboxImage = "holdfast.local/pause:1";

    public static IReadOnlyList<RuntimeSpec> Read(DocumentMap spec)
    {
        var items = spec.List("runtimes");
        if (items is null)
        {
            return [Default];
        }
        if (items is [])
        {
            spec.Report("runtimes", "must be a list of at least one runtime; leave the key out to get containerd");
        }
        var runtimes = new List<RuntimeSpec>();
        var taken = new Dictionary<(string What, string Value), string>();
        foreach (var (node, path) in items)
        {
            var map = DocumentMap.Of(node, path, spec.Errors);
            runtimes.Add(ReadRuntime(map, runtimes, taken));
            map.Finish();
        }
        ReportTwoKatas(spec, runtimes);
        return runtimes;
    }

    /// <summary>containerd from the distribution, with runc.</summary>
    private static RuntimeSpec Default =>
        Places(RuntimeSpec.SystemInstanceName, RuntimeKind.Containerd) with
        {
            Install = new InstallSpec.Apt(),
            Unnamed = RuntimePlaces.Root | RuntimePlaces.State | RuntimePlaces.Socket,
            Handlers = [new HandlerSpec { Name = "runc" }],
        };

    /// <summary>A runtime of this name where the document says nothing about places.</summary>
    private static RuntimeSpec Places(string name, RuntimeKind kind)
    {
        var id = name == RuntimeSpec.SystemInstanceName ? name : $"holdfast-{name}";
        return kind == RuntimeKind.Crio
            ? new()
            {
                // CRI-O's own defaults: one machine has one CRI-O, whatever the document calls it.
                Name = name,
                Kind = kind,
                SandboxImage = BuiltinSandboxImage,
                Socket = "/var/run/crio/crio.sock",
                ConfigFile = "/etc/crio/crio.conf.d/20-holdfast.conf",
                RootDirectory = "/var/lib/containers/storage",
                StateDirectory = "/run/containers/storage",
                Service = "crio",
                Handlers = [],
            }
            : new()
            {
                Name = name,
                Kind = kind,
                SandboxImage = BuiltinSandboxImage,
                // With the prefix no name is another program's, be it ssh or docker.
                Socket = $"/run/{id}/containerd.sock",
                ConfigFile = $"/etc/{id}/config.toml",
                RootDirectory = $"/var/lib/{id}",
                StateDirectory = $"/run/{id}",
                Service = id,
                Handlers = [],
            };
    }

    private static RuntimeSpec ReadRuntime(
        DocumentMap map,
        IReadOnlyList<RuntimeSpec> before,
        Dictionary<(string, string), string> taken
    )
    {
        var name = map.Text("name", NameRules.DnsLabel);
        if (name is null && !map.Has("name", out _))
        {
            map.Report("name", "is missing");
        }
        // A wrong word is reported already; the rest is read as containerd so that its errors are told too.
        var kind = map.Word("kind", "containerd", "crio") == "crio" ? RuntimeKind.Crio : RuntimeKind.Containerd;
        var usual = Places(name ?? "unnamed", kind);
        var runtime = usual with
        {
            Install = InstallReader.Read(map, "install", new InstallSpec.Apt(), "apt", "present", "archive", "bundle"),
            CgroupDriver = map.Word("cgroupDriver", "auto", "cgroupfs", "systemd") switch
            {
                "cgroupfs" => CgroupDriverChoice.Cgroupfs,
                "systemd" => CgroupDriverChoice.Systemd,
                _ => CgroupDriverChoice.Auto,
            },
            SandboxImage = ReadSandboxImage(map),
            Registries = RegistryReader.Read(map),
            Snapshotter = ReadSnapshotter(map, kind),
            Socket = ReadSocket(map) ?? usual.Socket,
            ConfigFile = ReadConfigFile(map, kind) ?? usual.ConfigFile,
            RootDirectory = map.Text("rootDirectory", NameRules.AbsolutePath) ?? usual.RootDirectory,
            StateDirectory = map.Text("stateDirectory", NameRules.AbsolutePath) ?? usual.StateDirectory,
            Unnamed = usual.IsSystemInstance ? ListUnnamed(map) : RuntimePlaces.None,
            Handlers = ReadHandlers(map, before.Count == 0, name ?? "", kind),
        };
        if (name is not null)
        {
            ReportConflicts(map, runtime, taken);
        }
        ReportTwoPrograms(map, runtime, before);
        return runtime;
    }

    private static RuntimePlaces ListUnnamed(DocumentMap map) =>
        (map.Has("rootDirectory", out _) ? RuntimePlaces.None : RuntimePlaces.Root)
        | (map.Has("stateDirectory", out _) ? RuntimePlaces.None : RuntimePlaces.State)
        | (map.Has("socket", out _) ? RuntimePlaces.None : RuntimePlaces.Socket);

    private static string? ReadSnapshotter(DocumentMap map, RuntimeKind kind)
    {
        var snapshotter = map.Text("snapshotter", NameRules.Snapshotter);
        if (snapshotter is not null && kind == RuntimeKind.Crio)
        {
            map.Report("snapshotter", "is containerd's; CRI-O's storage is set up in /etc/containers/storage.conf");
        }
        return snapshotter;
    }

    /// <summary>CRI-O reads every file of the directory; this is what its manual calls them.</summary>
    private static string? ReadConfigFile(DocumentMap map, RuntimeKind kind)
    {
        var file = map.Text("configFile", NameRules.AbsolutePath);
        if (file is not null && kind == RuntimeKind.Crio && !file.EndsWith(".conf", StringComparison.Ordinal))
        {
            map.Report("configFile", "is a drop-in of CRI-O, whose name must end with .conf");
        }
        return file;
    }

    private static string ReadSandboxImage(DocumentMap map) =>
        map.Text("sandboxImage", NameRules.ImageReference) switch
        {
            null or BuiltinWord => BuiltinSandboxImage,
            var image => image,
        };

    /// <summary>People write endpoints in many ways (<c>unix:////run/x</c> is in print): all of them mean the path.</summary>
    private static string? ReadSocket(DocumentMap map)
    {
        var text = map.Text("socket", s => NameRules.SocketPath(WithoutScheme(s)));
        return text is null ? null : WithoutScheme(text);

        static string WithoutScheme(string s) =>
            s.StartsWith("unix:", StringComparison.Ordinal) ? "/" + s["unix:".Length..].TrimStart('/') : s;
    }

    private static void ReportTwoKatas(DocumentMap spec, List<RuntimeSpec> runtimes)
    {
        var sources = runtimes
            .SelectMany(r => r.Handlers)
            .Select(h => h.Kata?.Install)
            .Where(install => install is not (null or InstallSpec.Present))
            .Select(install => (install as InstallSpec.Archive)?.Source.Url);
        if (sources.Distinct().Count() > 1)
        {
            spec.Report(
                "runtimes",
                "two handlers install Kata Containers from different sources; a node has one, for all hypervisors"
            );
        }
    }

    /// <summary>Every runtime of a kind is served by the same program, which an archive of it puts into one place.</summary>
    private static void ReportTwoPrograms(DocumentMap map, RuntimeSpec runtime, IReadOnlyList<RuntimeSpec> before)
    {
        if (runtime.Kind == RuntimeKind.Crio && before.FirstOrDefault(r => r.Kind == RuntimeKind.Crio) is { } crio)
        {
            map.Report("kind", $"the runtime \"{crio.Name}\" is CRI-O already; a machine has one");
        }
        else if (runtime.Install is InstallSpec.Archive { Source: var source })
        {
            var other = before.FirstOrDefault(r =>
                r.Kind == runtime.Kind && r.Install is InstallSpec.Archive { Source: var its } && !IsSame(its, source)
            );
            if (other is not null)
            {
                map.Report(
                    "install",
                    $"is another archive than that of the runtime \"{other.Name}\"; both would be unpacked in one place, "
                        + "so all runtimes of one kind have the same"
                );
            }
        }
    }

    private static bool IsSame(ArchiveSpec one, ArchiveSpec other) =>
        one.Sha256 == other.Sha256 && (one.Sha256 is not null || one.Url == other.Url);

    private static IReadOnlyList<HandlerSpec> ReadHandlers(
        DocumentMap map,
        bool isFirst,
        string runtimeName,
        RuntimeKind kind
    )
    {
        var items = map.List("handlers");
        if (items is null)
        {
            return [new HandlerSpec { Name = isFirst ? "runc" : runtimeName }];
        }
        if (items is [])
        {
            map.Report("handlers", "must be a list of at least one handler; leave the key out to get runc");
        }
        return
        [
            .. items
                .Select(item => HandlerReader.Read(DocumentMap.Of(item.Node, item.Path, map.Errors), kind))
                .OfType<HandlerSpec>(),
        ];
    }

    private static void ReportConflicts(
        DocumentMap map,
        RuntimeSpec runtime,
        Dictionary<(string, string), string> taken
    )
    {
        if (!taken.TryAdd(("name", runtime.Name), runtime.Name))
        {
            map.Report("name", $"another runtime is named \"{runtime.Name}\" too");
            return;
        }
        // Pods of all runtimes hang in one tree, so there is one driver.
        if (
            runtime.CgroupDriver != CgroupDriverChoice.Auto
            && !taken.TryAdd(("cgroupDriver", ""), runtime.Name)
            && !taken.ContainsKey(("cgroupDriver", runtime.CgroupDriver.ToString()))
        )
        {
            map.Report(
                "cgroupDriver",
                $"differs from that of the runtime \"{taken[("cgroupDriver", "")]}\"; a node has one cgroup driver"
            );
        }
        taken.TryAdd(("cgroupDriver", runtime.CgroupDriver.ToString()), runtime.Name);
        Claim("socket", runtime.Socket);
        Claim("configFile", runtime.ConfigFile);
        Claim("rootDirectory", runtime.RootDirectory);
        Claim("stateDirectory", runtime.StateDirectory);
        foreach (var handler in runtime.Handlers)
        {
            if (!taken.TryAdd(("handler", handler.Name), runtime.Name))
            {
                var other = taken[("handler", handler.Name)];
                var where = other == runtime.Name ? "twice in this runtime" : $"in the runtime \"{other}\" too";
                map.Report(
                    "handlers",
                    $"the handler \"{handler.Name}\" is {where}; handler names are unique on a node"
                );
            }
        }

        void Claim(string key, string value)
        {
            if (!taken.TryAdd((key, value), runtime.Name))
            {
                map.Report(key, $"{value} belongs to the runtime \"{taken[(key, value)]}\" already");
            }
        }
    }
}
