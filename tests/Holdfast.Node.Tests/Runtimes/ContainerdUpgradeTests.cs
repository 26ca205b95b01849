using Holdfast.Linux;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>containerd 1.x becomes 2.x under a configuration that Holdfast has written.</summary>
public sealed class ContainerdUpgradeTests : IDisposable
{
    private const string Program = "/usr/bin/containerd";
    private const string Main = "/etc/containerd/config.toml";
    private const string DropIn = "/etc/containerd/conf.d/20-holdfast.toml";
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Both_files_are_of_one_schema_after_containerd_went_from_1_to_2()
    {
        await ApplyAsync("1.7.2");
        Assert.Contains("version = 2\n", node.Read(Main), StringComparison.Ordinal);
        Assert.False(node.Machine.Exists(DropIn));

        // There was no main file before Holdfast, so it is made anew, in the newer schema. The drop-in comes first.
        await ApplyAsync("2.1.4");
        Assert.Contains("version = 3\n", node.Read(Main), StringComparison.Ordinal);
        Assert.Contains("version = 3\n", node.Read(DropIn), StringComparison.Ordinal);
        Assert.Contains("io.containerd.cri.v1.images", node.Read(DropIn), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "io.containerd.grpc.v1.cri",
            node.Read(DropIn) + node.Read(Main),
            StringComparison.Ordinal
        );
        await AssertNothingToDoAsync();
    }

    [Fact]
    public async Task A_main_file_of_a_person_keeps_its_schema_and_the_drop_in_has_it_too()
    {
        const string Mine = "version = 2 # mine\n[debug]\n  level = \"info\"\n";
        node.Write(Main, Mine);
        await ApplyAsync("1.7.2");
        await ApplyAsync("2.1.4");
        Assert.StartsWith("version = 2 # mine\n", node.Read(Main), StringComparison.Ordinal);
        Assert.Contains("version = 2\n", node.Read(DropIn), StringComparison.Ordinal);
        Assert.Contains("io.containerd.grpc.v1.cri", node.Read(DropIn), StringComparison.Ordinal);
        await AssertNothingToDoAsync();
    }

    [Fact]
    public async Task Handlers_in_files_of_other_people_have_the_same_control_groups()
    {
        node.Write(Main, "version = 3\nimports = [\"conf.d/*.toml\", \"/opt/a.toml\"]\n");
        const string Handler =
            "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.NAME]\nruntime_type = 'io.containerd.runc.v2'\n";
        string Named(string name) => "version = 3\n" + Handler.Replace("NAME", name, StringComparison.Ordinal);
        node.Write("/etc/containerd/conf.d/90-mine.toml", Named("mine"));
        node.Write("/etc/containerd/conf.d/broken.toml", "not TOML");
        node.Write("/etc/containerd/conf.d/README", Named("not-imported"));
        node.Write("/opt/a.toml", "version = 3\nimports = [\"b.toml\", \"a.toml\"]\n");
        node.Write("/opt/b.toml", Named("nested"));
        await ApplyAsync("2.1.4");
        foreach (var name in new[] { "mine", "nested" })
        {
            Assert.Contains(
                $"runtimes.{name}.options]\nSystemdCgroup = true\n",
                node.Read(DropIn),
                StringComparison.Ordinal
            );
        }
        Assert.DoesNotContain("not-imported", node.Read(DropIn), StringComparison.Ordinal);
        await AssertNothingToDoAsync();

        // Nothing of a handler that is gone stays: it would have no shim.
        File.Delete(node.Machine.At("/etc/containerd/conf.d/90-mine.toml"));
        await ApplyAsync("2.1.4");
        Assert.DoesNotContain("runtimes.mine", node.Read(DropIn), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("containerd-2.1.9-linux-amd64.tar.gz", true)]
    [InlineData("cri-containerd-cni-1.7.28-linux-amd64.tar.gz", false)]
    [InlineData("containerd.tar.gz", false)]
    public async Task A_plan_shows_the_files_of_the_version_that_an_archive_brings(string archive, bool isDropIn)
    {
        var install = $"{{ archive: {{ url: \"http://h/{archive}\", sha256: \"{new string('a', 64)}\" }} }}";
        var spec = TestFacts.Document($"{{ runtimes: [{{ name: containerd, install: {install} }}] }}");
        var files = new ContainerdComponent().Build(spec, TestFacts.Usual).OfType<ContainerdFilesChange>().Single();

        var found = await files.InspectAsync(node.Machine, TemporaryMachine.Never);

        Assert.Equal(isDropIn, found.Diff!.Contains($"imports = [\"{DropIn}\"]", StringComparison.Ordinal));
        Assert.Equal(isDropIn, found.Diff.Contains($"{DropIn}:\n", StringComparison.Ordinal));
    }

    private static ContainerdFilesChange Files() =>
        new ContainerdComponent().Build(TestFacts.Document(), TestFacts.Usual).OfType<ContainerdFilesChange>().Single();

    private async Task ApplyAsync(string version)
    {
        // The program is asked again when its file is another one.
        node.Write(Program, version);
        node.Answer(
            node.Machine.At(Program),
            command =>
                command.Arguments.Contains("--version")
                    ? new ChildResult(0, $"containerd github.com/containerd/containerd v{version} abc", "")
                    : new ChildResult(1, "", "not asked here")
        );
        await node.ApplyAsync(Files());
    }

    private async Task AssertNothingToDoAsync()
    {
        using var journal = await node.OpenJournalAsync();
        var history = journal.Histories(ContainerdFilesChange.FilesKind).Single();
        var found = await Files().InspectAsync(node.Machine, history, TemporaryMachine.Never);
        Assert.True(found.IsAsWanted, found.Diff);
    }
}
