using Holdfast.Cri.Tests.Fakes;

namespace Holdfast.Cri.Tests;

public sealed class RuntimeSetTests
{
    [Fact]
    public async Task A_handler_is_found_in_the_runtime_that_has_it()
    {
        var first = Endpoint("containerd", "runc", "kata");
        var second = Endpoint("crio", "crun");
        await using var set = new RuntimeSet([first, second]);
        Assert.Equal((first, "kata"), set.Find("kata"));
        Assert.Equal((second, "crun"), set.Find("crun"));
        Assert.Equal((first, "runc"), set.Find(""));
        Assert.Null(set.Find("gvisor"));
        Assert.Same(first, set.Default);
        Assert.Same(second, set.FindByName("crio"));
    }

    [Fact]
    public void Two_runtimes_with_one_handler_or_one_name_are_refused()
    {
        Assert.Throws<CriException>(() => new RuntimeSet([Endpoint("a", "runc"), Endpoint("b", "runc")]));
        Assert.Throws<CriException>(() => new RuntimeSet([Endpoint("a", "x"), Endpoint("a", "y")]));
        Assert.Throws<CriException>(() => new RuntimeSet([]));
    }

    private static RuntimeEndpoint Endpoint(string name, params string[] handlers) =>
        FakeRuntime.Endpoint($"/tmp/{name}.sock", options => options with { Name = name, Handlers = handlers });
}
