using System.Diagnostics;
using System.Text;
using Holdfast.Testing;

namespace Holdfast.Document.Tests;

/// <summary>Text from anyone: whatever it is, the answer is a spec or errors, soon.</summary>
public sealed class HostileDocumentTests
{
    private const string Seed = """
        apiVersion: holdfast.dev/v1
        kind: EdgeNode
        metadata: { name: a, labels: { x: "1" } }
        spec:
          host: { swap: disabled, hosts: [{ address: 1.1.1.1, names: [a] }], sysctl: { net.ipv4.ip_forward: 1 } }
          network: { bridge: { name: cni0, subnet: 10.88.0.0/16 } }
          runtimes:
            - name: containerd
              install: { apt: {} }
              registries: [{ host: docker.io, mirrors: ["http://127.0.0.1:5000"] }]
              handlers: [{ name: runc, kind: runc, options: { BinaryName: /usr/bin/runc } }]
          untrusted: { handler: runc }
          cluster: { standalone: {} }
        """;

    public static TheoryData<string, string> Corpus =>
        new()
        {
            { "alias bomb", AliasBomb() },
            { "deep flow sequences", new string('[', 900_000) },
            { "deep flow mappings", string.Concat(Enumerable.Repeat("{a: ", 200_000)) },
            { "deep block sequences", string.Concat(Enumerable.Repeat("- ", 400_000)) },
            { "deep explicit keys", string.Concat(Enumerable.Repeat("? ", 400_000)) },
            { "deep block mappings", string.Concat(Enumerable.Range(0, 900).Select(i => new string(' ', i) + "a:\n")) },
            { "ten megabytes", new string('a', 10_000_000) },
            { "a megabyte of words", string.Concat(Enumerable.Repeat("a ", 500_000)) },
            { "a megabyte of keys", string.Concat(Enumerable.Range(0, 90_000).Select(i => $"k{i}: 1\n")) },
            { "a megabyte of quotes", "a: \"" + new string('x', 1_000_000) },
            { "a megabyte of colons", new string(':', 1_000_000) },
            { "a megabyte of dashes", new string('-', 1_000_000) },
            { "a megabyte of commas", "[" + new string(',', 1_000_000) },
            { "a megabyte of spaces", new string(' ', 1_000_000) + "a" },
            { "a megabyte of line ends", new string('\n', 1_000_000) + "a" },
            { "a megabyte of comments", string.Concat(Enumerable.Repeat("#\n", 500_000)) },
            { "a megabyte of anchors", string.Concat(Enumerable.Repeat("&a ", 300_000)) },
            { "a megabyte of percent signs", string.Concat(Enumerable.Repeat("%YAML 1.2\n", 100_000)) },
            { "self reference", "a: &a [*a]" },
            { "lone surrogates", "a: \ud800b\udc00" },
            { "control characters", "a: \u0001\u0007\u001b[31m" },
            { "huge numbers", "apiVersion: 1e999999999\nkind: 0x" + new string('f', 5000) },
            { "huge subnet", "spec: { network: { bridge: { subnet: 10.0.0.0/99999999999999 } } }" },
            { "tabs", "\ta:\n\t\tb" },
            { "tabs in braces", "a: {\n\tb: c }" },
            { "a bracket that stays open", "a: [1, 2\nb: 3\n" },
            { "a brace that stays open before a colon", "a: {b: :" },
            { "unfinished directive", "%" },
            { "unfinished tag", "a: !<" },
            { "unfinished anchor", "a: &" },
            { "unfinished block scalar", "a: |99999999999" },
            { "document end only", "..." },
            { "many documents", string.Concat(Enumerable.Repeat("---\n", 100_000)) },
        };

    [Theory]
    [MemberData(nameof(Corpus))]
    public void Hostile_text_is_answered_with_errors(string what, string text)
    {
        var clock = Stopwatch.StartNew();
        var result = NodeDocument.Parse(text, "node.yaml", "host1");

        Assert.True(result.Spec is null && result.Errors.Count > 0, what);
        Assert.All(result.Errors, e => Assert.True(e.Message.Length < 1000 && !e.Message.Any(char.IsControl), what));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{what} took {clock.Elapsed}");
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused_with_their_place()
    {
        byte[] bytes = [.. "apiVersion: x\nkind: "u8, 0xff, 0xfe, .. "\n"u8];
        var error = Assert.Single(NodeDocument.Parse(bytes, "node.yaml", "host1").Errors);
        Assert.Equal((2, 7), (error.Line, error.Column));
        Assert.Single(NodeDocument.Parse(new byte[NodeDocument.MaxSize + 1], "node.yaml", "host1").Errors);
    }

    [Fact]
    public void Mutated_documents_never_throw()
    {
        Assert.NotNull(NodeDocument.Parse(Seed, "seed", "host1").Spec);
        Choices.Check(
            2000,
            choices =>
            {
                var text = Encoding.Latin1.GetString(
                    choices.Mutate(Encoding.Latin1.GetBytes(Seed), "{}[]:- \n\t&*!\"'|>#~%\0?,\u00e9<")
                );
                var result = NodeDocument.Parse(text, "node.yaml", "host1");
                Assert.Equal(result.Spec is null, result.Errors.Count > 0);
            }
        );
    }

    private static string AliasBomb()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }
        return text.ToString();
    }
}
