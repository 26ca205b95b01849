using System.Text;

namespace Holdfast.Node.Resources;

/// <summary>
/// Text of files that belong to somebody else and may be in any encoding: every byte is one character and comes back as it
/// was. What Holdfast itself puts in or looks for is ASCII. Stateless.
/// </summary>
internal static class ForeignText
{
    public static string Read(byte[]? bytes) => Encoding.Latin1.GetString(bytes ?? []);

    public static byte[] Write(string text) => Encoding.Latin1.GetBytes(text);
}
