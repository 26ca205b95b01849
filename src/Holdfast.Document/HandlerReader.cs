using System.Text.RegularExpressions;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>One handler of a runtime.</summary>
internal static partial class HandlerReader
{
    public static HandlerSpec Read(DocumentMap map, RuntimeKind runtime)
    {
        var type = map.Text("runtimeType", NameRules.RuntimeType);
        var kind =
            map.OneOf<HandlerKind>("kind")
            ?? (type is null or HandlerSpec.RuncRuntimeType ? HandlerKind.Runc : HandlerKind.Shim);
        ReportType(map, kind, type, runtime);
        var isKata = kind == HandlerKind.Kata;
        string[] kataAnnotations = isKata ? [HandlerSpec.KataAnnotations] : [];
        var kata = isKata ? KataReader.Read(map) : null;
        return new HandlerSpec
        {
            Name = map.RequiredText("name", NameRules.DnsLabel) ?? "",
            Kind = kind,
            RuntimeType = type ?? (isKata ? HandlerSpec.KataRuntimeType : HandlerSpec.RuncRuntimeType),
            RuntimePath = ReadRuntimePath(map, kind, runtime),
            Options = map.Dictionary("options", key => CheckOption(key, kind, runtime), ReadOption) ?? [],
            PodAnnotations = map.Texts("podAnnotations", NameRules.AnnotationPattern) ?? kataAnnotations,
            ContainerAnnotations = map.Texts("containerAnnotations", NameRules.AnnotationPattern) ?? kataAnnotations,
            PrivilegedWithoutHostDevices = map.Switch("privilegedWithoutHostDevices") ?? isKata,
            Overhead = KataReader.ReadOverhead(map.Map("overhead")) ?? KataReader.UsualOverhead(kata),
            Kata = kata,
        };
    }

    private static void ReportType(DocumentMap map, HandlerKind kind, string? type, RuntimeKind runtime)
    {
        if (kind == HandlerKind.Shim && runtime == RuntimeKind.Containerd)
        {
            map.Require(
                "runtimeType",
                "a handler of kind shim must say which shim, for example io.containerd.runsc.v1"
            );
        }
        if (kind == HandlerKind.Runc && type is not (null or HandlerSpec.RuncRuntimeType))
        {
            map.Report(
                "runtimeType",
                $"a handler of kind runc has the type {HandlerSpec.RuncRuntimeType}; use kind: shim for another"
            );
        }
    }

    private static string? ReadRuntimePath(DocumentMap map, HandlerKind kind, RuntimeKind runtime)
    {
        if (runtime == RuntimeKind.Crio && kind == HandlerKind.Shim)
        {
            map.Require(
                "runtimePath",
                "CRI-O does not look for shims, it must be told where containerd-shim-NAME-v2 is"
            );
        }
        return map.Text(
            "runtimePath",
            path =>
                NameRules.AbsolutePath.Check(path)
                ?? (
                    kind == HandlerKind.Runc
                        ? "is for other shims than runc's; the program runc itself is named by options: { BinaryName: ... }"
                    // With another name CRI-O leaves the handler out, and starts.
                    : runtime == RuntimeKind.Crio && !ShimName().IsMatch(Path.GetFileName(path))
                        ? "CRI-O wants a program that is called like containerd-shim-NAME-v2"
                    : null
                )
        );
    }

    /// <summary>Why an option cannot be set by hand; null when it can.</summary>
    private static string? CheckOption(string key, HandlerKind kind, RuntimeKind runtime) =>
        (kind, key) switch
        {
            (HandlerKind.Runc, "SystemdCgroup") =>
                "is decided by the runtime's cgroupDriver, so that all handlers and the agent agree",
            (HandlerKind.Kata, "ConfigPath") => "is decided by hypervisor, or by configFile",
            _ when runtime == RuntimeKind.Crio && key is not ("BinaryName" or "Root") =>
                "is not known to CRI-O, which has BinaryName and Root only",
            _ => NameRules.OptionKey.Check(key),
        };

    private static (OptionValue?, string?) ReadOption(YamlNode node)
    {
        OptionValue? value = (node, node.Kind()) switch
        {
            (YamlScalarNode s, DocumentKind.Switch) => new OptionValue.Switch(s.IsTrue()),
            (YamlScalarNode s, DocumentKind.Number) when long.TryParse(s.Text, out var number) =>
                new OptionValue.Integer(number),
            (YamlScalarNode s, DocumentKind.Text) when !s.Text.Any(char.IsControl) => new OptionValue.Text(s.Text),
            (YamlSequenceNode list, _) when list.Items.All(i => i.Kind() == DocumentKind.Text) =>
                new OptionValue.TextList([.. list.Items.Cast<YamlScalarNode>().Select(i => i.Text)]),
            _ => null,
        };
        return value is null
            ? (null, $"must be a string, a whole number, true, false or a list of strings, not {node.Noun()}")
            : (value, null);
    }

    /// <summary>RuntimeTypeVMBinaryPattern in pkg/config/config.go of CRI-O.</summary>
    [GeneratedRegex(
        @"^containerd-shim-[a-zA-Z0-9\-+]+-v2$",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ShimName();
}
