namespace Holdfast.Kube;

/// <summary>A YAML text as trees of nodes: the one way in which node documents, manifests and edited files are read.</summary>
/// <param name="Documents">The root of each document, in order; none when the text cannot be read at all.</param>
/// <param name="Faults">Everything that is wrong, as far as the reading got. Only a reader that reports all of them may use the
/// documents in spite of it.</param>
public sealed record YamlStream(IReadOnlyList<YamlNode> Documents, IReadOnlyList<YamlFault> Faults)
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>Reads a text; no text makes this throw, hang or fill the memory.</summary>
    public static YamlStream Read(string text, YamlBounds bounds)
    {
        if (text.StartsWith(ByteOrderMark))
        {
            text = text[1..];
        }
        if (text.Length > bounds.Characters)
        {
            return Refused(new YamlFault(1, 1, $"larger than {bounds.Characters / 1024} KiB"));
        }
        return YamlFault.ControlCharacter(text) is { } forbidden
            ? Refused(forbidden)
            : new YamlComposer(text, bounds).Compose();
    }

    /// <summary>As <see cref="Read"/>, for those who need the whole text to be right.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/>, with the place of the first fault.</exception>
    public static IReadOnlyList<YamlNode> Require(string text, YamlBounds bounds)
    {
        var stream = Read(text, bounds);
        return stream.Faults is [var first, ..] ? throw first.ToException() : stream.Documents;
    }

    private static YamlStream Refused(YamlFault fault) => new([], [fault]);
}
