using Holdfast.Node.Doctor;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Tests.Doctor;

public sealed class SuspectFinderTests : IDisposable
{
    private const string Config = "/etc/containerd/config.toml";

    private readonly TemporaryMachine node = new();

    public SuspectFinderTests() => node.Answer("dpkg-query --search", exitCode: 1, error: "no path found");

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task A_package_that_was_upgraded_since_and_owns_the_file_is_suspected()
    {
        node.Answer($"dpkg-query --search {Config}", $"containerd: {Config}\n");
        node.Write(
            "/var/log/dpkg.log",
            """
            2020-01-01 10:00:00 upgrade containerd:amd64 1.5.0 1.6.0
            2099-01-02 03:04:05 upgrade containerd:amd64 1.6.20 1.6.24
            2099-01-02 03:04:06 status installed containerd:amd64 1.6.24
            2099-01-02 03:04:07 upgrade runc:amd64 1.1.5 1.1.9

            """
        );
        node.Write(Config, "the package's");
        Assert.Equal(
            "package containerd was upgraded from 1.6.20 to 1.6.24 on 2099-01-02 03:04",
            await FindAsync(Drifted($"file:{Config}", "file"))
        );
    }

    [Fact]
    public async Task A_file_that_no_package_touched_since_was_changed_by_somebody()
    {
        node.Write("/var/log/dpkg.log", "2020-01-01 10:00:00 upgrade containerd:amd64 1.5.0 1.6.0\n");
        node.Answer($"dpkg-query --search {Config}", $"containerd: {Config}\n");
        node.Write(Config, "edited");
        Assert.StartsWith(
            $"{Config} was changed, last on ",
            await FindAsync(Drifted($"file:{Config}", "file")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_file_that_is_gone_was_removed_by_somebody()
    {
        Assert.Equal($"{Config} was removed", await FindAsync(Drifted($"file:{Config}", "file")));
    }

    [Fact]
    public async Task A_package_that_was_removed_is_named_with_the_time()
    {
        node.Write("/var/log/dpkg.log", "2099-05-06 07:08:09 remove runc:amd64 1.1.5 <none>\n");
        Assert.Equal(
            "package runc was removed on 2099-05-06 07:08",
            await FindAsync(Drifted("apt:containerd,runc", PackagesChange.PackagesKind.Name))
        );
    }

    [Fact]
    public async Task Nobody_is_suspected_of_what_was_never_made()
    {
        var step = new PlanStep("host", new FileChange(Config, "x"), Inspection.Differs("differs"));
        Assert.Null(await FindAsync(step));
    }

    private async Task<string?> FindAsync(PlanStep step)
    {
        var finder = await SuspectFinder.CreateAsync(node.Machine, TemporaryMachine.Never);
        return await finder.FindAsync(step, TemporaryMachine.Never);
    }

    private static PlanStep Drifted(string id, string kind)
    {
        var at = DateTimeOffset.Parse("2026-01-01T00:00:00Z", null);
        var applied = new ChangeSummary(1, kind, id, "title", "host", at, at);
        var subject = id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        IStep resource =
            kind == PackagesChange.PackagesKind.Name
                ? new PackagesChange(subject.Split(','))
                : new FileChange(subject, "wanted");
        return new PlanStep("host", resource, Inspection.Differs("differs"), applied);
    }
}
