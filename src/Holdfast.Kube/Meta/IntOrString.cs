using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>A value that JSON may hold as a number or as a string: ports by number or name, counts or percentages.</summary>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    private readonly int _number;
    private readonly string? _text;

    public IntOrString(int number) => _number = number;

    public IntOrString(string text) => _text = text;

    public bool IsString => _text is not null;

    /// <summary>The number; 0 when this is a string.</summary>
    public int Number => _number;

    /// <summary>The string, or the number written out.</summary>
    public string Text => _text ?? _number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Resolves "25%" of a total, or the plain number. Null when it is another string.</summary>
    public int? ScaledValue(int total, bool roundUp)
    {
        if (_text is null)
            return _number;
        if (
            !_text.EndsWith('%')
            || !int.TryParse(
                _text.AsSpan(0, _text.Length - 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var percent
            )
        )
            return null;
        var scaled = (double)percent * total / 100;
        return (int)(roundUp ? Math.Ceiling(scaled) : Math.Floor(scaled));
    }

    public override string ToString() => Text;
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Number => new IntOrString(reader.GetInt32()),
            JsonTokenType.String => new IntOrString(reader.GetString()!),
            _ => throw new JsonException("expected a number or a string"),
        };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.IsString)
            writer.WriteStringValue(value.Text);
        else
            writer.WriteNumberValue(value.Number);
    }
}
