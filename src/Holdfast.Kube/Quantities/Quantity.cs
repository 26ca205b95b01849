using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>
/// A Kubernetes quantity such as "100m", "1Gi" or "1e3": a fixed-point number down to nano, up to 2^63-1, that remembers
/// which family of suffixes it was written with. Immutable; equal when the numbers are equal.
/// Source: k8s.io/apimachinery/pkg/api/resource.
/// </summary>
[JsonConverter(typeof(QuantityConverter))]
public readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    internal const decimal NanosPerUnit = 1_000_000_000m;
    private const decimal NanosPerMilli = 1_000_000m;
    internal const decimal MaxNanos = long.MaxValue * NanosPerUnit;

    // A whole number. A decimal holds every quantity Kubernetes allows without rounding: (2^63-1) * 10^9 < 2^96. Int128
    // would too, but code that uses it is not compiled ahead of time (ReadyToRun) and would cost every start of the program.
    private readonly decimal _nanos;

    internal Quantity(decimal nanos, QuantityFormat format)
    {
        _nanos = Math.Clamp(nanos, -MaxNanos, MaxNanos);
        Format = format;
    }

    public QuantityFormat Format { get; }

    internal decimal Nanos => _nanos;

    public static Quantity FromValue(long value, QuantityFormat format = QuantityFormat.DecimalSI) =>
        new(value * NanosPerUnit, format);

    public static Quantity FromMilliValue(long milliValue) => new(milliValue * NanosPerMilli, QuantityFormat.DecimalSI);

    /// <summary>Bytes, shown with Ki, Mi, Gi.</summary>
    public static Quantity FromBytes(long bytes) => FromValue(bytes, QuantityFormat.BinarySI);

    /// <exception cref="KubeException"><see cref="KubeReason.Invalid"/> when the text is not a quantity.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity)
            ? quantity
            : throw new KubeException(
                KubeReason.Invalid,
                $"cannot read quantity \"{text}\": quantities must match the regular expression '{QuantityText.Pattern}'"
            );

    public static bool TryParse(string? text, out Quantity quantity) => QuantityText.TryParse(text, out quantity);

    /// <summary>The number, rounded away from zero to a whole one.</summary>
    public long Value => (long)RoundedAwayFromZero(NanosPerUnit);

    /// <summary>Thousandths, rounded away from zero; saturates at the ends of long.</summary>
    public long MilliValue => (long)Math.Clamp(RoundedAwayFromZero(NanosPerMilli), long.MinValue, long.MaxValue);

    public bool IsZero => _nanos == 0;

    public static Quantity operator +(Quantity a, Quantity b) =>
        new(a._nanos + b._nanos, a.IsZero ? b.Format : a.Format);

    public static Quantity operator -(Quantity a, Quantity b) =>
        new(a._nanos - b._nanos, a.IsZero ? b.Format : a.Format);

    public static bool operator ==(Quantity a, Quantity b) => a.Equals(b);

    public static bool operator !=(Quantity a, Quantity b) => !a.Equals(b);

    public static bool operator <(Quantity a, Quantity b) => a._nanos < b._nanos;

    public static bool operator >(Quantity a, Quantity b) => a._nanos > b._nanos;

    public static bool operator <=(Quantity a, Quantity b) => a._nanos <= b._nanos;

    public static bool operator >=(Quantity a, Quantity b) => a._nanos >= b._nanos;

    public bool Equals(Quantity other) => _nanos == other._nanos;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => _nanos.GetHashCode();

    public int CompareTo(Quantity other) => _nanos.CompareTo(other._nanos);

    /// <summary>Kubernetes' canonical text: no fraction, the largest suffix that loses nothing.</summary>
    public override string ToString() => QuantityText.Write(this);

    private decimal RoundedAwayFromZero(decimal unit)
    {
        var remainder = _nanos % unit;
        var quotient = (_nanos - remainder) / unit;
        return remainder == 0 ? quotient : quotient + Math.Sign(_nanos);
    }
}

/// <summary>The family of suffixes that a quantity is written with.</summary>
public enum QuantityFormat
{
    /// <summary>n u m "" k M G T P E</summary>
    DecimalSI,

    /// <summary>Ki Mi Gi Ti Pi Ei</summary>
    BinarySI,

    /// <summary>e3, E6...</summary>
    DecimalExponent,
}

internal sealed class QuantityConverter : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(
                reader.HasValueSequence
                    ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence)
                    : reader.ValueSpan
            ),
            _ => throw new JsonException("expected a quantity"),
        };
        return Quantity.TryParse(text, out var quantity)
            ? quantity
            : throw new JsonException($"\"{text}\" is not a quantity");
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
