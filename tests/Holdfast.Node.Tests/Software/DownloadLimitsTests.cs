using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

public class DownloadLimitsTests
{
    [Theory]
    [InlineData(1, 0.0, 0.5)]
    [InlineData(1, 1.0, 1.0)]
    [InlineData(3, 1.0, 4.0)]
    [InlineData(4, 0.5, 6.0)]
    [InlineData(99, 1.0, 30.0)]
    public void Delays_grow_are_bounded_and_have_jitter(int fruitless, double random, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new DownloadLimits().DelayAfter(fruitless, random));
}
