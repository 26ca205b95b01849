using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Quantities;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.0", "0")]
    [InlineData("-0", "0")]
    [InlineData("100m", "100m")]
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData(".5", "500m")]
    [InlineData("1.", "1")]
    [InlineData("+2", "2")]
    [InlineData("1Gi", "1Gi")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("0.5Gi", "512Mi")]
    [InlineData("1.5Ki", "1536")]
    [InlineData("1500", "1500")]
    [InlineData("1000", "1k")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E3", "1e3")]
    [InlineData("12e6", "12e6")]
    [InlineData("1e-3", "1e-3")]
    [InlineData("1E", "1E")]
    [InlineData("1Ei", "1Ei")]
    [InlineData("100Ki", "100Ki")]
    [InlineData("512Ki", "512Ki")]
    [InlineData("0.1n", "1n")]
    [InlineData("1.0000000001", "1000000001n")]
    [InlineData("-100m", "-100m")]
    [InlineData("0.0001Ki", "102400u")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("999999E", "9223372036854775807")]
    [InlineData("1e999", "9223372036854775807e0")]
    [InlineData("100000000000000000000000000000000000000000000000000000000", "9223372036854775807")]
    public void Text_becomes_canonical(string text, string canonical) =>
        Assert.Equal(canonical.Replace("e0", "", StringComparison.Ordinal), Quantity.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1K")]
    [InlineData("1ki")]
    [InlineData("1mi")]
    [InlineData("1e")]
    [InlineData("1e1.5")]
    [InlineData("1.2.3")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("--1")]
    [InlineData("1GiB")]
    [InlineData("Gi")]
    [InlineData("0x10")]
    [InlineData("١")]
    public void What_is_no_quantity_is_refused(string text)
    {
        Assert.False(Quantity.TryParse(text, out _));
        Assert.Equal(KubeReason.Invalid, Assert.Throws<KubeException>(() => Quantity.Parse(text)).Reason);
    }

    [Theory]
    [InlineData("1", 1, 1000)]
    [InlineData("100m", 1, 100)]
    [InlineData("1500m", 2, 1500)]
    [InlineData("-1500m", -2, -1500)]
    [InlineData("1u", 1, 1)]
    [InlineData("1Gi", 1L << 30, 1000L << 30)]
    [InlineData("9223372036854775807", long.MaxValue, long.MaxValue)]
    public void Values_round_away_from_zero(string text, long value, long milliValue)
    {
        var quantity = Quantity.Parse(text);

        Assert.Equal((value, milliValue), (quantity.Value, quantity.MilliValue));
    }

    [Fact]
    public void Equal_numbers_are_equal_however_they_were_written()
    {
        Assert.Equal(Quantity.Parse("1024Mi"), Quantity.Parse("1073741824"));
        Assert.Equal(Quantity.Parse("1Gi").GetHashCode(), Quantity.Parse("1073741824").GetHashCode());
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
        Assert.Equal("1500m", (Quantity.Parse("1") + Quantity.Parse("500m")).ToString());
        Assert.Equal("512Mi", (Quantity.Parse("1Gi") - Quantity.Parse("512Mi")).ToString());
        Assert.Equal("64Mi", Quantity.FromBytes(64 << 20).ToString());
        Assert.Equal("0", default(Quantity).ToString());
    }

    [Fact]
    public void Canonical_text_is_the_same_number_and_stays_as_it_is() =>
        Choices.Check(
            1000,
            choices =>
            {
                var text =
                    choices.Of("", "-", "+")
                    + choices.Of(choices.Next(2000), (long)choices.Next(100_000) << choices.Next(46), long.MaxValue)
                    + (choices.Next(2) == 0 ? "." + choices.Next(100000) : "")
                    + choices.Of(
                        "",
                        "n",
                        "u",
                        "m",
                        "k",
                        "M",
                        "G",
                        "T",
                        "P",
                        "E",
                        "Ki",
                        "Mi",
                        "Gi",
                        "Ti",
                        "Pi",
                        "Ei",
                        "e2",
                        "E-4"
                    );
                var quantity = Quantity.Parse(text);
                var again = Quantity.Parse(quantity.ToString());
                Assert.Equal(quantity, again);
                Assert.Equal(quantity.ToString(), again.ToString());
                Assert.DoesNotContain('.', quantity.ToString());
            }
        );

    [Fact]
    public void Random_text_never_throws() =>
        Choices.Check(
            1000,
            choices =>
            {
                var text = choices.Text("0123456789.+-eEinumkKMGTP", 11);
                _ = Quantity.TryParse(text, out var _);
            }
        );
}
