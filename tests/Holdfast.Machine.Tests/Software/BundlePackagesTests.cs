using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Facts;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Bundles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Software;

/// <summary>A bundle with real packages, and the real apt choosing from it with no network below it.</summary>
public sealed class BundlePackagesTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-bundle-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Fact]
    public async Task Everything_that_an_empty_machine_needs_is_in_it_and_apt_finds_it_without_network()
    {
        var machine = Machine();
        var result = NodeDocument.Default("edge");
        var facts = await MachineFacts.ReadAsync(machine, CancellationToken.None);
        var path = Path.Join(top, "node.bundle");
        var index = await new BundleMaker(machine).MakeAsync(result.Spec!, facts, path, CancellationToken.None);

        var names = index.Items.Select(item => item.Item).ToArray();
        foreach (
            var package in (string[])["containerd", "runc", "containernetworking-plugins", "libc6", "busybox-static"]
        )
        {
            Assert.Contains(names, name => name.StartsWith($"packages/{package}_", StringComparison.Ordinal));
        }

        Assert.Empty(Directory.GetDirectories(top, "*.work*"));
        Assert.Equal(["index.json", .. names], await ListAsync(path));

        var bundle = await Bundle.OpenAsync(
            path,
            MachineFacts.OwnArchitecture,
            (await OsRelease.ReadAsync(machine, CancellationToken.None)).Release,
            CancellationToken.None
        );
        var repository = await PackageRepository.OpenAsync(machine, bundle, CancellationToken.None);
        var (empty, cache) = (Path.Join(top, "status"), Path.Join(top, "cache"));
        File.WriteAllText(empty, "");
        Directory.CreateDirectory(Path.Join(cache, "partial"));
        string[] apart =
        [
            "-o",
            $"Dir::State::status={empty}",
            "-o",
            $"Dir::Cache::archives={cache}",
            "-o",
            "Debug::NoLocking=1",
        ];
        var install = await ChildProcess.RunAsync(
            new ChildCommand(
                "unshare",
                [
                    "--net",
                    "apt-get",
                    .. repository!.Options,
                    .. apart,
                    "--download-only",
                    "-y",
                    "install",
                    "containerd",
                    "busybox-static",
                ]
            ),
            Limit
        );
        Assert.True(install.Succeeded, install.StandardError);
        Assert.Contains(" containerd ", install.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("Download complete", install.StandardOutput, StringComparison.Ordinal);
        repository.Dispose();
        Assert.False(Directory.Exists(machine.Paths.StagingDirectory));
    }

    private async Task<IReadOnlyList<string>> ListAsync(string path)
    {
        var list = await ChildProcess.RunAsync(new ChildCommand("tar", "-tf", path), Limit);
        Assert.True(list.Succeeded, list.StandardError);
        return list.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private global::Holdfast.Changes.Machine Machine()
    {
        var paths = new NodePaths(Path.Join(top, "node"));
        return new global::Holdfast.Changes.Machine(
            paths,
            "/",
            new SupervisedServices(paths, [], TimeProvider.System),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }
}
