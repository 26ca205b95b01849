using System.Text.RegularExpressions;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>One handler of a runtime. Notes every error in the map that it is given.</summary>
internal static partial class HandlerReader
{
    /// <summary>The handler, or null when it is nameless.</summary>
    public static HandlerSpec? Read(DocumentMap map, RuntimeKind runtime)
    {
        var name = map.Text("name", NameRules.DnsLabel);
        if (name is null && !map.Has("name", out _))
        {
            map.Report("name", "is missing");
        }
        var word = map.Word("kind", "runc", "shim", "kata");
        var type = map.Text("runtimeType", NameRules.RuntimeType);
        var kind = KindOf(word, type);
        ReportType(map, kind, type, runtime);
        var isKata = kind == HandlerKind.Kata;
        string[] kataAnnotations = isKata ? [HandlerSpec.KataAnnotations] : [];
        var kata = isKata ? KataReader.Read(map) : null;
        var handler = new HandlerSpec
        {
            Name = name ?? "",
            Kind = kind,
            RuntimeType = type ?? (isKata ? HandlerSpec.KataRuntimeType : HandlerSpec.RuncRuntimeType),
            RuntimePath = ReadRuntimePath(map, kind, runtime),
            Options = ReadOptions(map, kind, runtime),
            PodAnnotations = ReadAnnotations(map, "podAnnotations") ?? kataAnnotations,
            ContainerAnnotations = ReadAnnotations(map, "containerAnnotations") ?? kataAnnotations,
            PrivilegedWithoutHostDevices = map.Switch("privilegedWithoutHostDevices") ?? isKata,
            Overhead = KataReader.ReadOverhead(map) ?? KataReader.UsualOverhead(kata),
            Kata = kata,
        };
        map.Finish();
        return name is null ? null : handler;
    }

    private static HandlerKind KindOf(string? word, string? type) =>
        word switch
        {
            "runc" => HandlerKind.Runc,
            "shim" => HandlerKind.Shim,
            "kata" => HandlerKind.Kata,
            _ => type is null or HandlerSpec.RuncRuntimeType ? HandlerKind.Runc : HandlerKind.Shim,
        };

    private static void ReportType(DocumentMap map, HandlerKind kind, string? type, RuntimeKind runtime)
    {
        if (
            kind == HandlerKind.Shim
            && type is null
            && runtime == RuntimeKind.Containerd
            && !map.Has("runtimeType", out _)
        )
        {
            map.Report(
                "runtimeType",
                "is missing; a handler of kind shim must say which shim, for example io.containerd.runsc.v1"
            );
        }
        if (kind == HandlerKind.Runc && type is not null && type != HandlerSpec.RuncRuntimeType)
        {
            map.Report(
                "runtimeType",
                $"a handler of kind runc has the type {HandlerSpec.RuncRuntimeType}; use kind: shim for another"
            );
        }
    }

    private static string? ReadRuntimePath(DocumentMap map, HandlerKind kind, RuntimeKind runtime)
    {
        var path = map.Text("runtimePath", NameRules.AbsolutePath);
        if (kind == HandlerKind.Runc && path is not null)
        {
            map.Report(
                "runtimePath",
                "is for other shims than runc's; the program runc itself is named by options: { BinaryName: ... }"
            );
        }
        if (runtime == RuntimeKind.Crio && kind == HandlerKind.Shim && path is null && !map.Has("runtimePath", out _))
        {
            map.Report(
                "runtimePath",
                "is missing; CRI-O does not look for shims, it must be told where containerd-shim-NAME-v2 is"
            );
        }
        // With another name CRI-O leaves the handler out, and starts.
        if (runtime == RuntimeKind.Crio && path is not null && !ShimName().IsMatch(Path.GetFileName(path)))
        {
            map.Report("runtimePath", "CRI-O wants a program that is called like containerd-shim-NAME-v2");
        }
        return path;
    }

    private static IReadOnlyList<string>? ReadAnnotations(DocumentMap map, string key) =>
        map.List(key) is { } items
            ?
            [
                .. items
                    .Select(i => DocumentMap.TextOf(i.Node, i.Path, map.Errors, NameRules.AnnotationPattern))
                    .OfType<string>(),
            ]
            : null;

    private static Dictionary<string, OptionValue> ReadOptions(DocumentMap map, HandlerKind kind, RuntimeKind runtime)
    {
        var options = new Dictionary<string, OptionValue>(StringComparer.Ordinal);
        foreach (var (entry, path) in map.Entries("options") ?? [])
        {
            var key = entry.Key.Text;
            if (NameRules.OptionKey(key) is { } wrong)
            {
                map.Report(entry.Key, path, wrong);
            }
            else if (Refuse(key, kind, runtime) is { } refusal)
            {
                map.Report(entry.Key, path, refusal);
            }
            else if (ReadOption(entry.Value) is { } value)
            {
                options[key] = value;
            }
            else
            {
                map.Report(
                    entry.Value,
                    path,
                    $"must be a string, a whole number, true, false or a list of strings, not {entry.Value.Noun()}"
                );
            }
        }
        return options;
    }

    /// <summary>Why an option cannot be set by hand; null when it can.</summary>
    private static string? Refuse(string key, HandlerKind kind, RuntimeKind runtime) =>
        (kind, key) switch
        {
            (HandlerKind.Runc, "SystemdCgroup") =>
                "is decided by the runtime's cgroupDriver, so that all handlers and the agent agree",
            (HandlerKind.Kata, "ConfigPath") => "is decided by hypervisor, or by configFile",
            _ when runtime == RuntimeKind.Crio && key is not ("BinaryName" or "Root") =>
                "is not known to CRI-O, which has BinaryName and Root only",
            _ => null,
        };

    private static OptionValue? ReadOption(YamlNode node) =>
        (node, node.Kind()) switch
        {
            (YamlScalarNode s, DocumentKind.Switch) => new OptionValue.Switch(s.Text[0] is 't' or 'T'),
            (YamlScalarNode s, DocumentKind.Number) => long.TryParse(s.Text, out var number)
                ? new OptionValue.Integer(number)
                : null,
            (YamlScalarNode s, DocumentKind.Text) => s.Text.Any(char.IsControl) ? null : new OptionValue.Text(s.Text),
            (YamlSequenceNode list, _) when list.Items.All(i => i.Kind() == DocumentKind.Text) =>
                new OptionValue.TextList([.. list.Items.Cast<YamlScalarNode>().Select(i => i.Text)]),
            _ => null,
        };

    /// <summary>RuntimeTypeVMBinaryPattern in pkg/config/config.go of CRI-O.</summary>
    [GeneratedRegex(
        @"^containerd-shim-[a-zA-Z0-9\-+]+-v2$",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ShimName();
}
