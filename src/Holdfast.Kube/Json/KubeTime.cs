using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>Kubernetes' two ways to write a moment: metav1.Time (seconds) and metav1.MicroTime. Pure and thread-safe.</summary>
public static class KubeTime
{
    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const string Micros = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>"2006-01-02T15:04:05Z": RFC 3339 in UTC, whole seconds.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString(Seconds, CultureInfo.InvariantCulture);

    /// <summary>"2006-01-02T15:04:05.000000Z".</summary>
    public static string FormatMicro(DateTimeOffset time) =>
        time.UtcDateTime.ToString(Micros, CultureInfo.InvariantCulture);

    /// <summary>Reads RFC 3339 with any offset and any number of fractional digits; the result is in UTC.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        // The shortest is "2006-01-02T15:04:05Z"; DateTimeOffset alone would also take local and partial times.
        if (text is not { Length: >= 20 and <= 40 } || text[10] is not ('T' or 't' or ' ') || !HasZone(text))
            return false;
        if (
            !DateTimeOffset.TryParse(
                text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal,
                out time
            )
        )
            return false;
        time = time.ToUniversalTime();
        return true;
    }

    private static bool HasZone(string text) => text[^1] is 'Z' or 'z' || (text[^6] is '+' or '-' && text[^3] == ':');
}

internal sealed class KubeTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && KubeTime.TryParse(reader.GetString(), out var time)
            ? time
            : throw new JsonException("expected a time such as \"2006-01-02T15:04:05Z\"");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(KubeTime.Format(value));
}

internal sealed class MicroTimeConverter : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(
        ref Utf8JsonReader reader,
        Type typeToConvert,
        JsonSerializerOptions options
    ) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String when KubeTime.TryParse(reader.GetString(), out var time) => time,
            _ => throw new JsonException("expected a time such as \"2006-01-02T15:04:05.000000Z\""),
        };

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
            writer.WriteStringValue(KubeTime.FormatMicro(time));
        else
            writer.WriteNullValue();
    }
}
