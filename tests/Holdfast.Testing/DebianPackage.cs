using Holdfast.Linux;

namespace Holdfast.Testing;

/// <summary>
/// Packages of other Debian releases, unpacked beside this machine's own programs and never installed. Fetched once, from
/// the mirror that this machine uses, with Debian's signatures checked, and kept in <c>/var/cache/holdfast-tests</c>. Safe
/// from any thread and any process.
/// </summary>
public static class DebianPackage
{
    private const string CacheDirectory = "/var/cache/holdfast-tests/packages";
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly SemaphoreSlim Once = new(1);

    /// <summary>kubectl 1.32, whatever this machine has.</summary>
    public static async Task<string> KubectlAsync() =>
        Path.Join(await UnpackAsync("trixie", "kubectl"), "usr/bin/kubectl");

    /// <param name="release">Code name, as in apt's sources.</param>
    /// <returns>The directory below which the package's files lie as below <c>/</c>.</returns>
    public static async Task<string> UnpackAsync(string release, string package)
    {
        var target = Path.Join(CacheDirectory, $"{release}-{package}");
        await Once.WaitAsync();
        try
        {
            if (!Directory.Exists(target))
            {
                Directory.CreateDirectory(CacheDirectory);
                using var work = new TemporaryDirectory("hfdeb");
                var archive = await DownloadAsync(work, release, package);
                var unpacked = $"{target}.{Environment.ProcessId}";
                await RunAsync($"cannot unpack {package}", new ChildCommand("dpkg", "-x", archive, unpacked));
                if (Directory.Exists(target))
                {
                    // Another test process was quicker.
                    Directory.Delete(unpacked, recursive: true);
                }
                else
                {
                    Directory.Move(unpacked, target);
                }
            }
            return target;
        }
        finally
        {
            Once.Release();
        }
    }

    private static async Task<string> DownloadAsync(TemporaryDirectory work, string release, string package)
    {
        Directory.CreateDirectory(work["lists/partial"]);
        Directory.CreateDirectory(work["cache/archives/partial"]);
        var source = $"deb [signed-by={Keyring}] {await MirrorAsync()} {release} main\n";
        await File.WriteAllTextAsync(work["sources.list"], source);
        string[] options =
        [
            "-o",
            $"Dir::Etc::sourcelist={work["sources.list"]}",
            "-o",
            "Dir::Etc::sourceparts=-",
            "-o",
            $"Dir::State::lists={work["lists"]}",
            "-o",
            $"Dir::Cache={work["cache"]}",
            // What is installed here is of no concern.
            "-o",
            "Dir::State::status=/dev/null",
            "-o",
            "APT::Sandbox::User=root",
        ];
        foreach (var verb in new[] { new[] { "update" }, ["download", package] })
        {
            await RunAsync(
                $"cannot fetch {package} of Debian {release}",
                new ChildCommand("env", ["-C", work.Path, "apt-get", .. options, .. verb])
            );
        }
        return Directory.GetFiles(work.Path, "*.deb").Single();
    }

    private static async Task<string> MirrorAsync()
    {
        var uris = await RunAsync(
            "cannot find this machine's Debian mirror",
            new ChildCommand(
                "apt-get",
                "indextargets",
                "--format",
                "$(REPO_URI)",
                "Created-By: Packages",
                "Origin: Debian",
                "Label: Debian"
            )
        );
        return uris.Split('\n', StringSplitOptions.RemoveEmptyEntries)[0];
    }

    private static async Task<string> RunAsync(string failure, ChildCommand command) =>
        (await RequiredCommand.RunAsync(failure, command, Limit)).StandardOutput;
}
