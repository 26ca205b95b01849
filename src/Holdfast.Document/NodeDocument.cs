using System.Text;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>
/// The node document: text in, spec or all its errors out. The text may come from anyone, so no text makes this throw,
/// hang or fill the memory. Safe from any thread.
/// </summary>
public static class NodeDocument
{
    public const string ApiVersion = "holdfast.dev/v1";
    public const string Kind = "EdgeNode";

    /// <summary>Bytes. As many as the reader takes characters; a document with a thousand hosts has 60 KB.</summary>
    public static readonly int MaxSize = YamlBounds.Configuration.Characters;

    /// <summary>The document that stands for having none: containerd with runc, a bridge, and this name.</summary>
    public static string DefaultText(string hostName) =>
        $$"""
            apiVersion: {{ApiVersion}}
            kind: {{Kind}}
            metadata: { name: "{{NameOfHost(hostName)}}" }

            """;

    /// <summary>The spec of a machine without a document.</summary>
    public static NodeDocumentResult Default(string hostName) =>
        Parse(DefaultText(hostName), "(default document)", hostName);

    /// <summary>Reads a document from bytes; they must be UTF-8.</summary>
    public static NodeDocumentResult Parse(ReadOnlySpan<byte> utf8, string fileName, string? hostName = null)
    {
        if (utf8.Length > MaxSize)
        {
            return Refused(fileName, 1, 1, TooLarge);
        }
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8), fileName, hostName);
        }
        catch (DecoderFallbackException e)
        {
            var before = utf8[..Math.Clamp(e.Index, 0, utf8.Length)];
            var line = before.Count((byte)'\n') + 1;
            var column = before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1;
            return Refused(fileName, line, column, "the document is not UTF-8 text");
        }
    }

    /// <summary>Reads a document.</summary>
    /// <param name="text">The YAML text.</param>
    /// <param name="fileName">Only for messages.</param>
    /// <param name="hostName">The node's name where the document has none; this machine's own when null.</param>
    public static NodeDocumentResult Parse(string text, string fileName, string? hostName = null)
    {
        if (text.Length > MaxSize)
        {
            return Refused(fileName, 1, 1, TooLarge);
        }
        var stream = YamlStream.Read(text, YamlBounds.Configuration);
        var errors = stream.Faults.Select(f => new DocumentError(f.Line, f.Column, "", f.Problem)).ToList();
        if (stream.Documents is not [var root, ..])
        {
            // The last fault is the one that ended the reading.
            return errors is [.., var last]
                ? new NodeDocumentResult(
                    fileName,
                    null,
                    [.. errors[..^1], last with { Message = $"cannot read this as YAML: {last.Message}" }]
                )
                : Refused(fileName, 1, 1, "the document is empty; leave it out to get the default one");
        }
        if (stream.Documents is [_, var second, ..])
        {
            errors.Add(
                new DocumentError(second.Line, second.Column, "", "a second document begins here; a node has one")
            );
        }
        var spec = EdgeNodeReader.Read(root, NameOfHost(hostName ?? Environment.MachineName), errors);
        var inOrder = errors.OrderBy(e => e.Line).ThenBy(e => e.Column).ToList();
        return new NodeDocumentResult(fileName, inOrder.Count == 0 ? spec : null, inOrder);
    }

    private static string TooLarge => $"the document is larger than {MaxSize / 1024} KiB";

    private static NodeDocumentResult Refused(string fileName, int line, int column, string message) =>
        new(fileName, null, [new DocumentError(line, column, "", message)]);

    /// <summary>As the kubelet does it: the host's name in lower case.</summary>
    private static string NameOfHost(string hostName) => hostName.Trim().ToLowerInvariant();
}
