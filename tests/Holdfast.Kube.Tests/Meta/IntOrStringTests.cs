namespace Holdfast.Kube.Tests.Meta;

public sealed class IntOrStringTests
{
    [Theory]
    [InlineData("25%", 10, true, 3)]
    [InlineData("25%", 10, false, 2)]
    [InlineData("100%", 7, false, 7)]
    [InlineData("http", 7, false, null)]
    [InlineData("%", 7, false, null)]
    public void Percentages_scale(string text, int total, bool roundUp, int? expected) =>
        Assert.Equal(expected, new IntOrString(text).ScaledValue(total, roundUp));

    [Fact]
    public void Numbers_stay_numbers()
    {
        var strategy = KubeJson
            .Deserialize<Deployment>(
                """{"spec":{"strategy":{"rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"}}}}"""u8
            )
            .Spec.Strategy.RollingUpdate!;

        Assert.Equal(new IntOrString(1), strategy.MaxSurge);
        Assert.Equal(new IntOrString("25%"), strategy.MaxUnavailable);
        Assert.Equal(1, strategy.MaxSurge!.Value.ScaledValue(10, roundUp: true));
    }
}
