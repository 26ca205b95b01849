using Holdfast.Node.Plan;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Tests.Resources;

public sealed class RuntimeDataTests : IDisposable
{
    private static readonly RuntimeDataResource Data = new(
        "crio",
        ["/var/lib/containers/storage", "/run/containers/storage", "/var/lib/containers", "/run/containers"]
    );

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task What_the_runtime_made_goes_with_the_directories_around_it()
    {
        node.Write("/var/lib/other", "x");
        var before = node.Snapshot();
        await node.ApplyAsync(Data);
        node.Write("/var/lib/containers/storage/overlay/file", "x");
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task What_podman_put_there_since_stays_and_is_told()
    {
        await node.ApplyAsync(Data);
        node.Write("/var/lib/containers/storage/volumes/database/file", "precious");
        var result = await node.UndoAsync();
        Assert.Equal("precious", node.Read("/var/lib/containers/storage/volumes/database/file"));
        Assert.Contains("podman", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_is_still_wanted_keeps_its_data_however_it_is_installed()
    {
        await node.ApplyAsync(Data);
        using var journal = await node.OpenJournalAsync();
        Assert.Empty(Planner.FindLeftovers(journal, [], ["crio"]));
        Assert.Single(Planner.FindLeftovers(journal, [], ["containerd"]));
    }
}
