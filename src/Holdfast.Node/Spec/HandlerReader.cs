namespace Holdfast.Node.Spec;

/// <summary>One handler of a runtime.</summary>
internal static class HandlerReader
{
    /// <summary>The handler, or null when it is of a kind that this version does not have, or nameless.</summary>
    public static HandlerSpec? Read(DocumentMap map)
    {
        var name = map.Text("name", NameRules.DnsLabel);
        if (name is null && !map.Has("name", out _))
        {
            map.Report("name", "is missing");
        }
        var kind = map.Word("kind", "runc", "shim", "kata");
        if (kind == "kata")
        {
            map.Report(
                "kind",
                "this version cannot install Kata Containers yet; where its shim is on the machine already, use kind: shim with runtimeType: io.containerd.kata.v2"
            );
            return null;
        }
        var type = map.Text("runtimeType", NameRules.RuntimeType);
        if (kind == "shim" && type is null && !map.Has("runtimeType", out _))
        {
            map.Report(
                "runtimeType",
                "is missing; a handler of kind shim must say which shim, for example io.containerd.runsc.v1"
            );
        }
        if (kind == "runc" && type is not null && type != HandlerSpec.RuncRuntimeType)
        {
            map.Report(
                "runtimeType",
                $"a handler of kind runc has the type {HandlerSpec.RuncRuntimeType}; use kind: shim for another"
            );
        }
        var isRunc = (kind ?? (type is null or HandlerSpec.RuncRuntimeType ? "runc" : "shim")) == "runc";
        var options = ReadOptions(map, isRunc);
        map.Finish();
        return name is null
            ? null
            : new HandlerSpec
            {
                Name = name,
                Kind = isRunc ? HandlerKind.Runc : HandlerKind.Shim,
                RuntimeType = type ?? HandlerSpec.RuncRuntimeType,
                Options = options,
            };
    }

    private static Dictionary<string, OptionValue> ReadOptions(DocumentMap map, bool isRunc)
    {
        var options = new Dictionary<string, OptionValue>(StringComparer.Ordinal);
        foreach (var (entry, path) in map.Entries("options") ?? [])
        {
            var key = entry.Key.Text;
            if (NameRules.OptionKey(key) is { } wrong)
            {
                map.Report(entry.Key, path, wrong);
            }
            else if (isRunc && key == "SystemdCgroup")
            {
                map.Report(
                    entry.Key,
                    path,
                    "is decided by the runtime's cgroupDriver, so that all handlers and the agent agree"
                );
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
                    $"must be a string, a whole number, true, false or a list of strings, not {entry.Value.Noun}"
                );
            }
        }
        return options;
    }

    private static OptionValue? ReadOption(DocumentNode node) =>
        node switch
        {
            DocumentScalar { IsNull: true } => null,
            DocumentScalar { IsBoolean: true } s => new OptionValue.Switch(s.Text[0] is 't' or 'T'),
            DocumentScalar { IsNumber: true } s => long.TryParse(s.Text, out var number)
                ? new OptionValue.Integer(number)
                : null,
            DocumentScalar s => s.Text.Any(char.IsControl) ? null : new OptionValue.Text(s.Text),
            DocumentSequence list
                when list.Items.All(i => i is DocumentScalar { IsNull: false, IsBoolean: false, IsNumber: false }) =>
                new OptionValue.TextList([.. list.Items.Cast<DocumentScalar>().Select(i => i.Text)]),
            _ => null,
        };
}
