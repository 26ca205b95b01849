using System.Text;

namespace Holdfast.Node;

/// <summary>The text of configuration files, which must be UTF-8.</summary>
internal static class Utf8Text
{
    private static readonly UTF8Encoding Strict = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <param name="format">What the file is read as, for a message.</param>
    /// <exception cref="NodeException">FileNotUnderstood: with the line of the first byte that is wrong.</exception>
    public static string Read(ReadOnlySpan<byte> utf8, string fileName, string format)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            var line = utf8[..Math.Clamp(e.Index, 0, utf8.Length)].Count((byte)'\n') + 1;
            throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot read {fileName} as {format}: line {line}: it is not UTF-8 text; correct the file",
                e
            );
        }
    }
}
