namespace Holdfast.Document;

/// <summary>The list of runtimes: reads it, fills in the places that follow from a runtime's name, finds conflicts.</summary>
internal static class RuntimeReader
{
    /// <summary>Image that Holdfast makes on the node; the same name in <c>Images/</c>.</summary>
    internal const string BuiltinSandboxImage = "holdfast.local/pause:1";

    public static IReadOnlyList<RuntimeSpec> Read(DocumentMap spec)
    {
        var runtimes = new List<RuntimeSpec>();
        var maps = spec.Maps(
            "runtimes",
            ifEmpty: "must be a list of at least one runtime; leave the key out to get containerd"
        );
        if (maps is null)
        {
            return [ReadRuntime(spec.Map("runtimes"), RuntimeSpec.SystemInstanceName, runtimes)];
        }
        foreach (var map in maps)
        {
            var runtime = ReadRuntime(map, map.RequiredText("name", NameRules.DnsLabel) ?? "", runtimes);
            if (runtime.Name.Length > 0)
            {
                ReportConflicts(map, runtime, runtimes);
            }
            runtimes.Add(runtime);
        }
        ReportTwoKatas(spec, runtimes);
        return runtimes;
    }

    private static RuntimeSpec ReadRuntime(DocumentMap map, string name, IReadOnlyList<RuntimeSpec> before)
    {
        // A wrong word is reported already; the rest is read as containerd so that its errors are told too.
        var kind = map.OneOf<RuntimeKind>("kind") ?? RuntimeKind.Containerd;
        var usual = Places(name, kind);
        return usual with
        {
            Install = InstallReader.Read(map, "install", "apt", "present", "archive", "bundle"),
            CgroupDriver = map.OneOf<CgroupDriverChoice>("cgroupDriver") ?? CgroupDriverChoice.Auto,
            SandboxImage = map.Text("sandboxImage", NameRules.ImageReference) is { } image and not "builtin"
                ? image
                : BuiltinSandboxImage,
            Registries = RegistryReader.Read(map),
            Snapshotter = map.Text(
                "snapshotter",
                text =>
                    kind == RuntimeKind.Crio
                        ? "is containerd's; CRI-O's storage is set up in /etc/containers/storage.conf"
                        : NameRules.Snapshotter.Check(text)
            ),
            Socket = ReadSocket(map) ?? usual.Socket,
            ConfigFile = map.Text("configFile", text => CheckConfigFile(text, kind)) ?? usual.ConfigFile,
            RootDirectory = map.Text("rootDirectory", NameRules.AbsolutePath) ?? usual.RootDirectory,
            StateDirectory = map.Text("stateDirectory", NameRules.AbsolutePath) ?? usual.StateDirectory,
            Unnamed = usual.IsSystemInstance ? ListUnnamed(map) : RuntimePlaces.None,
            Handlers =
                map.Maps("handlers", ifEmpty: "must be a list of at least one handler; leave the key out to get runc")
                    ?.Select(handler => HandlerReader.Read(handler, kind))
                    .ToList()
                ?? [new HandlerSpec { Name = before.Count == 0 ? "runc" : name }],
        };
    }

    /// <summary>A runtime of this name where the document says nothing about places.</summary>
    private static RuntimeSpec Places(string name, RuntimeKind kind)
    {
        if (kind == RuntimeKind.Crio)
        {
            // CRI-O's own defaults: one machine has one CRI-O, whatever the document calls it.
            return new RuntimeSpec
            {
                Name = name,
                Kind = kind,
                SandboxImage = BuiltinSandboxImage,
                Socket = "/var/run/crio/crio.sock",
                ConfigFile = "/etc/crio/crio.conf.d/20-holdfast.conf",
                RootDirectory = "/var/lib/containers/storage",
                StateDirectory = "/run/containers/storage",
                Service = "crio",
                Handlers = [],
            };
        }
        // With the prefix no name is another program's, be it ssh or docker.
        var id = name == RuntimeSpec.SystemInstanceName ? name : $"holdfast-{name}";
        return new RuntimeSpec
        {
            Name = name,
            Kind = kind,
            SandboxImage = BuiltinSandboxImage,
            Socket = $"/run/{id}/containerd.sock",
            ConfigFile = $"/etc/{id}/config.toml",
            RootDirectory = $"/var/lib/{id}",
            StateDirectory = $"/run/{id}",
            Service = id,
            Handlers = [],
        };
    }

    private static RuntimePlaces ListUnnamed(DocumentMap map) =>
        (map.Has("rootDirectory") ? RuntimePlaces.None : RuntimePlaces.Root)
        | (map.Has("stateDirectory") ? RuntimePlaces.None : RuntimePlaces.State)
        | (map.Has("socket") ? RuntimePlaces.None : RuntimePlaces.Socket);

    /// <summary>CRI-O reads every file of the directory; this is what its manual calls them.</summary>
    private static string? CheckConfigFile(string file, RuntimeKind kind) =>
        kind == RuntimeKind.Crio && !file.EndsWith(".conf", StringComparison.Ordinal)
            ? "is a drop-in of CRI-O, whose name must end with .conf"
            : NameRules.AbsolutePath.Check(file);

    /// <summary>People write endpoints in many ways (<c>unix:////run/x</c> is in print): all of them mean the path.</summary>
    private static string? ReadSocket(DocumentMap map)
    {
        var text = map.Text("socket", s => NameRules.SocketPath.Check(WithoutScheme(s)));
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

    private static void ReportConflicts(DocumentMap map, RuntimeSpec runtime, IReadOnlyList<RuntimeSpec> before)
    {
        if (before.Any(other => other.Name == runtime.Name))
        {
            map.Report("name", $"another runtime is named \"{runtime.Name}\" too");
            return;
        }
        if (runtime.Kind == RuntimeKind.Crio && before.FirstOrDefault(r => r.Kind == RuntimeKind.Crio) is { } crio)
        {
            map.Report("kind", $"the runtime \"{crio.Name}\" is CRI-O already; a machine has one");
            return;
        }
        Differ("socket", r => r.Socket);
        Differ("configFile", r => r.ConfigFile);
        Differ("rootDirectory", r => r.RootDirectory);
        Differ("stateDirectory", r => r.StateDirectory);
        // Pods of all runtimes hang in one tree, so there is one driver.
        Agree(
            "cgroupDriver",
            r => r.CgroupDriver == CgroupDriverChoice.Auto ? null : r.CgroupDriver,
            "differs from that of",
            "a node has one cgroup driver"
        );
        Agree(
            "install",
            r =>
                r.Install is InstallSpec.Archive { Source: var source } && r.Kind == runtime.Kind
                    ? source.Sha256 ?? (object)source.Url
                    : null,
            "is another archive than that of",
            "both would be unpacked in one place, so all runtimes of one kind have the same"
        );
        foreach (var (name, count) in runtime.Handlers.CountBy(handler => handler.Name).Where(n => n.Key.Length > 0))
        {
            var other = before.FirstOrDefault(r => r.Handlers.Any(handler => handler.Name == name));
            if (other is not null || count > 1)
            {
                var where = other is null ? "twice in this runtime" : $"in the runtime \"{other.Name}\" too";
                map.Report("handlers", $"the handler \"{name}\" is {where}; handler names are unique on a node");
            }
        }

        void Differ(string key, Func<RuntimeSpec, string> place)
        {
            if (before.FirstOrDefault(r => place(r) == place(runtime)) is { } other)
            {
                map.Report(key, $"{place(runtime)} belongs to the runtime \"{other.Name}\" already");
            }
        }

        void Agree(string key, Func<RuntimeSpec, object?> value, string problem, string why)
        {
            var ours = value(runtime);
            if (ours is not null && before.FirstOrDefault(r => value(r) is { } its && !its.Equals(ours)) is { } other)
            {
                map.Report(key, $"{problem} the runtime \"{other.Name}\"; {why}");
            }
        }
    }
}
