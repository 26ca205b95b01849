using CsCheck;
using Holdfast.Cri.Grpc;

namespace Holdfast.Cri.Tests.Grpc;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData(0.001, "1000u")]
    [InlineData(10, "10000000u")]
    [InlineData(120, "120000m")]
    [InlineData(172_800, "172800S")]
    public void Timeouts_use_the_finest_unit_that_fits(double seconds, string text)
    {
        Assert.Equal(text, GrpcTimeout.Format(TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void Timeouts_have_at_most_eight_digits_and_are_never_shortened()
    {
        Gen.Double[0, 18]
            .Sample(
                exponent =>
                {
                    var timeout = TimeSpan.FromTicks((long)Math.Pow(10, exponent));
                    var text = GrpcTimeout.Format(timeout);
                    var unit = text[^1] switch
                    {
                        'u' => TimeSpan.FromMicroseconds(1),
                        'm' => TimeSpan.FromMilliseconds(1),
                        'S' => TimeSpan.FromSeconds(1),
                        'M' => TimeSpan.FromMinutes(1),
                        'H' => TimeSpan.FromHours(1),
                        _ => throw new InvalidOperationException(text),
                    };
                    Assert.InRange(text.Length, 2, 9);
                    Assert.True(long.Parse(text[..^1]) * (double)unit.Ticks >= timeout.Ticks * 0.999_999_999);
                },
                iter: 2000
            );
    }
}
