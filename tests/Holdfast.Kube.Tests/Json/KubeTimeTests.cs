namespace Holdfast.Kube.Tests.Json;

public sealed class KubeTimeTests
{
    [Theory]
    [InlineData("2006-01-02T15:04:05Z", true)]
    [InlineData("2006-01-02T15:04:05.123456789Z", true)]
    [InlineData("2006-01-02T17:04:05+02:00", true)]
    [InlineData("2006-01-02T15:04:05", false)]
    [InlineData("2006-01-02", false)]
    [InlineData("15:04:05Z", false)]
    [InlineData("2006-13-02T15:04:05Z", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_rfc_3339_is_a_time(string? text, bool isTime)
    {
        Assert.Equal(isTime, KubeTime.TryParse(text, out var time));
        if (isTime)
            Assert.Equal("2006-01-02T15:04:05Z", KubeTime.Format(time));
    }
}
