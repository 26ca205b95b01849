using CsCheck;

namespace Holdfast.Node.Tests.Toml;

/// <summary>Random TOML documents in every style, random values, and paths that may lead into a document.</summary>
internal static class TomlTexts
{
    private static readonly string[] Names =
    [
        "a",
        "b",
        "c-1",
        "\"x.y\"",
        "'é'",
        "\"q\\\"t\"",
        "\"\"",
        "1",
        "d . e",
        "d.\"f\"",
    ];

    private static readonly Gen<string> Comment = Gen.OneOf("", "", "", " # why = [", "\t#");

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.Long.Select(number => $"{number}"),
        Gen.OneOf("true", "false", "0xDEAD_beef", "+1_000", "0o17", "1.5e+3", "-inf", "nan"),
        Gen.OneOf("1979-05-27 07:32:00Z", "1979-05-27T07:32:00.25-07:00", "1979-05-27", "07:32:00.999999"),
        Gen.OneOf(
            "\"a\\tb\\u00e9 # \"",
            "'C:\\x'",
            "''",
            "\"cri\"",
            "'cri'",
            "'''\nx'y\n'''",
            "\"\"\"x \\\n  😀y\"\"\""
        )
    );

    /// <summary>As written: scalars, arrays on one line or several, braces.</summary>
    public static readonly Gen<string> Value = Gen.Recursive<string>(
        (depth, value) =>
            depth >= 2
                ? Scalar
                : Gen.Frequency(
                    (5, Scalar),
                    (1, value.Array[0, 3].Select(items => $"[{string.Join(" , ", items)}]")),
                    (
                        1,
                        value
                            .Array[1, 3]
                            .Select(items => $"[ # c\n{string.Concat(items.Select(i => $"  {i} ,# d\n"))}]")
                    ),
                    (1, value.Array[1, 3].Select(items => $"[\n  {string.Join(",\n  ", items)} # e\n]")),
                    (1, Statements(value, " = ").Select(items => $"{{ {string.Join(", ", items)} }}"))
                )
    );

    private static readonly Gen<string> Body = Gen.Select(
        Statements(Value, "="),
        Comment,
        Gen.OneOf("", "  "),
        Gen.OneOf("", "\n", "# about the next\n"),
        (lines, comment, indent, tail) => string.Concat(lines.Select(line => $"{indent}{line}{comment}\n")) + tail
    );

    private static readonly string[] Headers =
    [
        "[t]",
        "[t.u]",
        "  [ t . 'u' . w ] # c",
        "[plugins.\"io.x\".deep]",
        "  [plugins.\"io.x\"]",
        "[z]",
        "[[list]]\nn = 1\n[list.sub]\nm = 2\n[[list]]",
    ];

    public static readonly Gen<string> Document = Gen.Select(
        Gen.OneOf("", "\uFEFF"),
        Body,
        Gen.Shuffle(Headers, 0, Headers.Length)
            .SelectMany(headers => Body.Array[headers.Length].Select(bodies => (headers, bodies))),
        Gen.OneOf("", "# the end, without a line end"),
        Gen.OneOf("\n", "\n", "\r\n"),
        (mark, root, tables, end, lineEnd) =>
        {
            var sections = tables.headers.Zip(tables.bodies, (header, body) => $"{header}\n{body}");
            return mark + (root + string.Concat(sections) + end).Replace("\n", lineEnd, StringComparison.Ordinal);
        }
    );

    /// <summary>Some of the names with values, each once.</summary>
    private static Gen<string[]> Statements(Gen<string> value, string equals) =>
        Gen.Shuffle(Names, 0, 4)
            .SelectMany(names =>
                value.Array[names.Length].Select(values => names.Zip(values, (n, v) => $"{n}{equals}{v}").ToArray())
            );
}
