namespace Holdfast.Node.Spec;

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
            if (ReadRuntime(map, runtimes.Count == 0, taken) is { } runtime)
            {
                runtimes.Add(runtime);
            }
            map.Finish();
        }
        return runtimes;
    }

    /// <summary>containerd from the distribution, with runc.</summary>
    private static RuntimeSpec Default =>
        Places(
            RuntimeSpec.SystemInstanceName,
            install: new InstallSpec.Apt(),
            handlers: [new HandlerSpec { Name = "runc" }]
        );

    /// <summary>A runtime of this name where the document says nothing about places.</summary>
    private static RuntimeSpec Places(string name, InstallSpec install, IReadOnlyList<HandlerSpec> handlers) =>
        new()
        {
            Name = name,
            Install = install,
            SandboxImage = BuiltinSandboxImage,
            Socket = $"/run/{name}/containerd.sock",
            ConfigFile = $"/etc/{name}/config.toml",
            RootDirectory = $"/var/lib/{name}",
            StateDirectory = $"/run/{name}",
            Service = name,
            Handlers = handlers,
        };

    private static RuntimeSpec? ReadRuntime(DocumentMap map, bool isFirst, Dictionary<(string, string), string> taken)
    {
        var name = map.Text("name", NameRules.DnsLabel);
        if (name is null && !map.Has("name", out _))
        {
            map.Report("name", "is missing");
        }
        if (ReadKind(map) is not { } kind)
        {
            IgnoreRest(map);
            return null;
        }
        var handlers = ReadHandlers(map, isFirst, name ?? "");
        var usual = Places(name ?? "unnamed", ReadInstall(map), handlers);
        var runtime = usual with
        {
            Kind = kind,
            CgroupDriver = map.Word("cgroupDriver", "auto", "cgroupfs", "systemd") switch
            {
                "cgroupfs" => CgroupDriverChoice.Cgroupfs,
                "systemd" => CgroupDriverChoice.Systemd,
                _ => CgroupDriverChoice.Auto,
            },
            SandboxImage = ReadSandboxImage(map),
            Registries = ReadRegistries(map),
            Socket = ReadSocket(map) ?? usual.Socket,
            ConfigFile = map.Text("configFile", NameRules.AbsolutePath) ?? usual.ConfigFile,
            RootDirectory = map.Text("rootDirectory", NameRules.AbsolutePath) ?? usual.RootDirectory,
            StateDirectory = map.Text("stateDirectory", NameRules.AbsolutePath) ?? usual.StateDirectory,
        };
        if (name is not null)
        {
            ReportConflicts(map, runtime, taken);
        }
        return runtime;
    }

    private static RuntimeKind? ReadKind(DocumentMap map)
    {
        switch (map.Word("kind", "containerd", "crio"))
        {
            case "crio":
                map.Report("kind", "this version cannot drive CRI-O yet; use kind: containerd");
                return null;
            case "containerd":
                return RuntimeKind.Containerd;
            default:
                // A wrong word is reported already; the rest is read as containerd so that its errors are told too.
                return RuntimeKind.Containerd;
        }
    }

    /// <summary>Below a kind that cannot be had nothing is judged: one clear message is better than ten that follow from it.</summary>
    private static void IgnoreRest(DocumentMap map)
    {
        foreach (
            var key in new[]
            {
                "install",
                "cgroupDriver",
                "sandboxImage",
                "registries",
                "socket",
                "configFile",
                "rootDirectory",
                "stateDirectory",
                "handlers",
            }
        )
        {
            _ = map.Mentions(key);
        }
    }

    private static InstallSpec ReadInstall(DocumentMap map) =>
        InstallReader.Read(map, "install", new InstallSpec.Apt(), "apt", "present", "archive", "bundle");

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

    private static List<RegistrySpec> ReadRegistries(DocumentMap map)
    {
        var registries = new List<RegistrySpec>();
        foreach (var (node, path) in map.List("registries") ?? [])
        {
            var registry = DocumentMap.Of(node, path, map.Errors);
            var host = registry.Text("host", NameRules.RegistryHost);
            if (host is null && !registry.Has("host", out _))
            {
                registry.Report("host", "is missing");
            }
            if (registries.Any(r => r.Host == host))
            {
                registry.Report("host", $"\"{host}\" is there twice");
            }
            var mirrors = ReadMirrors(registry);
            registry.Finish();
            if (host is not null)
            {
                registries.Add(new RegistrySpec(host, mirrors));
            }
        }
        return registries;
    }

    private static List<Uri> ReadMirrors(DocumentMap registry)
    {
        var items = registry.List("mirrors");
        if (items is null or [])
        {
            registry.Report("mirrors", "must be a list of at least one address such as http://127.0.0.1:5000");
        }
        return
        [
            .. (items ?? [])
                .Select(i => DocumentMap.TextOf(i.Node, i.Path, registry.Errors, CheckMirror))
                .OfType<string>()
                .Select(text => new Uri(text)),
        ];
    }

    private static string? CheckMirror(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.Host.Length > 0
        && uri.UserInfo.Length == 0
        && uri.Query.Length == 0
        && uri.Fragment.Length == 0
        && !text.Any(c => char.IsControl(c) || c is ' ' or '"' or '\\')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an http or https address without user, query and fragment";

    private static IReadOnlyList<HandlerSpec> ReadHandlers(DocumentMap map, bool isFirst, string runtimeName)
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
                .Select(item => HandlerReader.Read(DocumentMap.Of(item.Node, item.Path, map.Errors)))
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
