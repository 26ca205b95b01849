using System.Text;

namespace Holdfast.Changes.Files;

/// <summary>
/// Text of files that belong to someone else and may be in any encoding: every byte is one character and comes back as it
/// was. What Holdfast itself puts in or looks for is ASCII.
/// </summary>
public static class ByteText
{
    public static string Read(byte[]? bytes) => Encoding.Latin1.GetString(bytes ?? []);

    public static byte[] Write(string text) => Encoding.Latin1.GetBytes(text);
}
