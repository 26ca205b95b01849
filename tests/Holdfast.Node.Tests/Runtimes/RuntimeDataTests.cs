using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Crio;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class RuntimeDataTests : IDisposable
{
    private static readonly RuntimeDataChange Data = new(
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
        node.Write("/run/containers/storage/overlay/file", "x");
        var result = await node.UndoAsync();
        Assert.False(node.Machine.Exists("/run/containers"));
        Assert.Equal("precious", node.Read("/var/lib/containers/storage/volumes/database/file"));
        Assert.Contains("podman", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_is_still_wanted_keeps_its_data_however_it_is_installed()
    {
        await node.ApplyAsync(Data);
        using var journal = await node.OpenJournalAsync();
        var data = Assert.Single(journal.Changes);
        Assert.True(Planner.IsWanted(data, ["crio"]));
        Assert.False(Planner.IsWanted(data, ["containerd"]));
    }

    [Theory]
    [InlineData("/etc/crio/policies/mine.json", true)]
    [InlineData("/var/log/crio/pods/x.log", false)]
    public async Task What_CRI_O_made_goes_and_what_a_person_put_into_shared_directories_stays(string file, bool stays)
    {
        var before = node.Snapshot();
        var data = new CrioComponent()
            .Build(
                TestFacts.Document("{ runtimes: [{ name: c, kind: crio, rootDirectory: /data/crio }] }"),
                TestFacts.Usual
            )
            .OfType<RuntimeDataChange>()
            .Single();
        await node.ApplyAsync(data);
        foreach (
            var directory in new[]
            {
                "/data/crio/overlay",
                "/var/lib/crio",
                "/run/crio/exits",
                "/run/utsns",
                "/var/log/crio/pods",
                "/usr/share/containers/oci/hooks.d",
                "/etc/crio/policies",
                "/etc/crio/auth",
            }
        )
        {
            Directory.CreateDirectory(node.Machine.At(directory));
        }

        node.Write(file, "x");
        await node.UndoAsync();
        Assert.Equal(stays, node.Machine.Exists(file));
        if (!stays)
        {
            // The directories that are on every machine.
            string[] usual = ["/data", "/var/lib", "/var/log", "/var", "/run", "/usr/share", "/usr", "/etc"];
            Array.ForEach(usual, node.Machine.RemoveEmptyDirectory);
            Assert.Equal(before, node.Snapshot());
        }
    }
}
