using System.Text;
using Holdfast.Document;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Tests.Software.Bundles;

public sealed class BundleTests : IDisposable
{
    private static readonly byte[] Archive = new TestArchive().File("bin/tool", "tool 1", 0b111_101_101).ToGzip();
    private const string Release = "debian 12";
    private readonly TemporaryMachine machine = new();

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task Items_come_out_as_they_went_in()
    {
        var bundle = await MakeAsync();
        var directory = Directory.CreateDirectory(Path.Join(machine.Root, "out")).FullName;
        await bundle.ExtractAsync(bundle.Index.Items, directory, CancellationToken.None);
        Assert.Equal(Archive, File.ReadAllBytes(Path.Join(directory, TestArchive.Hash(Archive))));
        Assert.Equal("a package", File.ReadAllText(Path.Join(directory, "runc_1.1_amd64.deb")));
        Assert.Equal(2, Directory.GetFiles(directory).Length);
    }

    [Fact]
    public async Task Index_says_item_checksum_size_and_source()
    {
        var index = (await MakeAsync()).Index;
        var again = BundleIndex.Parse(index.ToUtf8(), "x");
        Assert.Equal(index.Items, again.Items);
        Assert.Equal(index.Installs.OrderBy(pair => pair.Key), again.Installs.OrderBy(pair => pair.Key));
        Assert.Equal("http://h/tool.tar.gz", again.Items[0].Source);
        Assert.Equal(Archive.Length, again.Items[0].Size);
    }

    [Fact]
    public async Task Archive_is_installed_from_the_bundle_and_no_network_is_asked()
    {
        var bundle = await MakeAsync();
        var change = Change(Spec);
        var offline = machine.Machine.WithBundle(bundle);
        var inspection = await change.InspectAsync(offline, History<SoftwareBefore>.Empty, CancellationToken.None);
        using var journal = await ChangeJournal.OpenAsync(machine.Paths, TimeProvider.System, CancellationToken.None);
        var plan = new NodePlan([new PlanStep("all", change, inspection)], []);
        await new Applier(NodeKinds.All, offline, journal).ApplyAsync(plan, CancellationToken.None);
        Assert.Equal("tool 1", machine.Read("/usr/local/bin/tool"));
    }

    [Fact]
    public async Task What_the_bundle_does_not_have_is_named_and_nothing_is_changed()
    {
        var bundle = await MakeAsync();
        var other = Spec with { Sha256 = new string('a', 64) };
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Change(other)
                .RememberAsync(
                    machine.Machine.WithBundle(bundle),
                    History<SoftwareBefore>.Empty,
                    CancellationToken.None
                )
        );
        Assert.Equal(NodeReason.DownloadFailed, failure.Reason);
        Assert.Contains("tool.tar.gz", failure.Message, StringComparison.Ordinal);
        Assert.Equal("", machine.Snapshot());
    }

    [Fact]
    public async Task Every_damage_is_found_when_the_item_is_used()
    {
        var bundle = await MakeAsync();
        var bytes = File.ReadAllBytes(bundle.Path);
        var at = bytes.AsSpan().IndexOf(Archive);
        bytes[at + 30] ^= 1;
        File.WriteAllBytes(bundle.Path, bytes);
        var directory = Directory.CreateDirectory(Path.Join(machine.Root, "out")).FullName;
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            bundle.ExtractAsync(bundle.Index.Items, directory, CancellationToken.None)
        );
        Assert.Equal(NodeReason.ArchiveRefused, failure.Reason);
        Assert.Empty(Directory.GetFiles(directory));

        File.WriteAllBytes(bundle.Path, bytes[..(at - 512)]);
        failure = await Assert.ThrowsAsync<NodeException>(() =>
            bundle.ExtractAsync(bundle.Index.Items, directory, CancellationToken.None)
        );
        Assert.Empty(Directory.GetFiles(directory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("{}")]
    [InlineData("""{"version":9,"architecture":"amd64","installs":{},"items":[]}""")]
    [InlineData("""{"version":1,"architecture":null,"installs":{},"items":[]}""")]
    public void An_index_of_another_version_or_kind_is_refused(string text)
    {
        var refusal = Assert.Throws<NodeException>(() =>
            BundleIndex.Parse(Encoding.UTF8.GetBytes(text), "bundle.json")
        );
        Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
        Assert.Contains("make it anew with: holdfast bundle", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a tar at all, but a text that is longer than a few bytes")]
    public async Task What_is_no_bundle_is_refused(string content)
    {
        var path = Path.Join(machine.Root, "x");
        File.WriteAllText(path, content);
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Bundle.OpenAsync(path, "amd64", Release, CancellationToken.None)
        );
        Assert.Equal(NodeReason.ArchiveRefused, failure.Reason);
        File.WriteAllBytes(path, new TestArchive().File("index.json", "{\"version\":9}").ToTar());
        await Assert.ThrowsAsync<NodeException>(() => Bundle.OpenAsync(path, "amd64", Release, CancellationToken.None));
        File.Delete(path);
        failure = await Assert.ThrowsAsync<NodeException>(() =>
            Bundle.OpenAsync(path, "amd64", Release, CancellationToken.None)
        );
        Assert.Contains("there is no such file", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_for_another_architecture_is_refused()
    {
        var bundle = await MakeAsync();
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Bundle.OpenAsync(bundle.Path, "arm64", Release, CancellationToken.None)
        );
        Assert.Contains("made for amd64", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_of_another_release_are_refused()
    {
        var bundle = await MakeAsync();
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            Bundle.OpenAsync(bundle.Path, "amd64", "ubuntu 24.04", CancellationToken.None)
        );
        Assert.Contains("of debian 12, and this machine is ubuntu 24.04", failure.Message, StringComparison.Ordinal);

        // Archives fit every release.
        var path = Path.Join(machine.Root, "archives");
        var index = new BundleIndex("amd64", new Dictionary<string, BundledArchive?>(), []);
        await WriteAsync(path, index, new Dictionary<string, string>());
        Assert.Null((await Bundle.OpenAsync(path, "amd64", "ubuntu 24.04", CancellationToken.None)).Index.Release);
    }

    [Fact]
    public async Task Archive_that_was_verified_before_need_not_be_in_the_bundle()
    {
        var other = new TestArchive().File("bin/tool", "tool 0").ToGzip();
        var hash = TestArchive.Hash(other);
        Directory.CreateDirectory(machine.Paths.DownloadsDirectory);
        var path = Path.Join(machine.Paths.DownloadsDirectory, hash);
        File.WriteAllBytes(path, other);
        var download = new Download(machine.Machine.WithBundle(await MakeAsync()));
        var file = await download.FetchAsync(Spec with { Sha256 = hash }, CancellationToken.None);
        Assert.Equal(new VerifiedFile(path, hash), file);

        File.WriteAllText(path, "damaged");
        await Assert.ThrowsAsync<NodeException>(() =>
            download.FetchAsync(Spec with { Sha256 = hash }, CancellationToken.None)
        );
    }

    [Fact]
    public async Task Names_in_an_index_lead_nowhere_else()
    {
        var item = new BundleItem("packages/..", TestArchive.Hash([]), 0, "evil");
        var path = Path.Join(machine.Root, "evil");
        var empty = Path.Join(machine.Root, "empty");
        File.WriteAllText(empty, "");
        var index = new BundleIndex("amd64", new Dictionary<string, BundledArchive?>(), [item]);
        await WriteAsync(path, index, new Dictionary<string, string> { [item.Item] = empty });
        var bundle = await Bundle.OpenAsync(path, "amd64", Release, CancellationToken.None);
        var directory = Directory.CreateDirectory(Path.Join(machine.Root, "out")).FullName;
        await Assert.ThrowsAsync<NodeException>(() =>
            bundle.ExtractAsync(bundle.Index.Items, directory, CancellationToken.None)
        );
    }

    [Fact]
    public async Task Bundle_in_the_document_becomes_what_the_bundle_has()
    {
        var bundle = await MakeAsync();
        var spec = Document("runtimes: [{ name: containerd, install: { bundle: {} } }]");
        Assert.IsType<InstallSpec.Bundle>(BundleInstalls.Resolve(spec, null).Runtimes[0].Install);
        var install = BundleInstalls.Resolve(spec, bundle.Index).Runtimes[0].Install;
        Assert.Equal(Spec, Assert.IsType<InstallSpec.Archive>(install).Source);
        var other = Document("runtimes: [{ name: other, install: { bundle: {} } }]");
        Assert.IsType<InstallSpec.Bundle>(BundleInstalls.Resolve(other, bundle.Index).Runtimes[0].Install);
        await bundle.Index.RememberAsync(machine.Paths, CancellationToken.None);
        Assert.NotNull(await BundleIndex.ReadRememberedAsync(machine.Paths, CancellationToken.None));
    }

    private static async Task WriteAsync(string path, BundleIndex index, IReadOnlyDictionary<string, string> files)
    {
        using var work = WorkDirectory.Beside(path);
        await Bundle.WriteAsync(path, work.Path, index, files, CancellationToken.None);
    }

    private static ArchiveSpec Spec =>
        new() { Url = new Uri("http://h/tool.tar.gz"), Sha256 = TestArchive.Hash(Archive) };

    private static SoftwareChange Change(ArchiveSpec archive) =>
        new(new SoftwareSpec("tool", archive) { Links = [new SoftwareLink("/usr/local/bin/tool", "bin/tool")] });

    private static EdgeNodeSpec Document(string spec)
    {
        var text = $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {{ name: n }}\nspec:\n  {spec}\n";
        var result = NodeDocument.Parse(text, "x", "n");
        Assert.Empty(result.Errors);
        return result.Spec!;
    }

    private async Task<Bundle> MakeAsync()
    {
        var (archive, package) = (Path.Join(machine.Root, "a"), Path.Join(machine.Root, "p"));
        File.WriteAllBytes(archive, Archive);
        File.WriteAllText(package, "a package");
        var items = new[]
        {
            new BundleItem($"archives/{Spec.Sha256}", Spec.Sha256!, Archive.Length, "http://h/tool.tar.gz"),
            new BundleItem(
                "packages/runc_1.1_amd64.deb",
                TestArchive.Hash(Encoding.UTF8.GetBytes("a package")),
                9,
                "apt runc"
            ),
        };
        var installs = new Dictionary<string, BundledArchive?>
        {
            ["runtimes/containerd"] = new BundledArchive(Spec.Url, Spec.Sha256!),
            ["network/plugins"] = null,
        };
        var path = Path.Join(machine.Root, "node.bundle");
        await WriteAsync(
            path,
            new BundleIndex("amd64", installs, items) { Release = Release },
            new Dictionary<string, string> { [items[0].Item] = archive, [items[1].Item] = package }
        );
        return await Bundle.OpenAsync(path, "amd64", Release, CancellationToken.None);
    }
}
