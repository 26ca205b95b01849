using Holdfast.Node.Facts;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Tests.Doctor;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Resources;

/// <summary>rp_filter where the distribution sets it.</summary>
public sealed class SysctlFileTests : IDisposable
{
    private const string FilePath = "/etc/sysctl.d/10-network-security.conf";

    private const string Ubuntu =
        "\n# Turn on Source Address Verification in all interfaces to\n# prevent some spoofing attacks.\n"
        + "net.ipv4.conf.default.rp_filter=2\nnet.ipv4.conf.all.rp_filter = 2 \r\n#net.ipv4.conf.all.rp_filter=0\n-net/ipv4/tcp_syncookies = 1";

    private const string Document =
        "{ host: { sysctl: { net.ipv4.conf.all.rp_filter: 1, net/ipv4/conf/default/rp_filter: 1 } } }";

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Value_is_changed_in_place_and_comes_back_byte_for_byte()
    {
        node.Write(FilePath, Ubuntu);
        var before = node.Snapshot();

        await node.ApplyAsync(await BuildOneAsync());

        Assert.Equal(Ubuntu.Replace("rp_filter=2", "rp_filter=1").Replace("= 2 \r", "= 1 \r"), node.Read(FilePath));
        // It stays wanted, or the next plan would take it back.
        Assert.True((await (await BuildOneAsync()).InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted);

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task File_that_was_edited_since_gets_only_its_values_back()
    {
        node.Write(FilePath, Ubuntu);
        await node.ApplyAsync(await BuildOneAsync());
        node.Write(FilePath, node.Read(FilePath).Replace("tcp_syncookies = 1", "tcp_syncookies = 0"));

        var result = await node.UndoAsync();

        Assert.Equal(Ubuntu.Replace("tcp_syncookies = 1", "tcp_syncookies = 0"), node.Read(FilePath));
        Assert.Contains(FilePath, Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Value_that_somebody_set_since_stays()
    {
        node.Write(FilePath, "net.ipv4.conf.all.rp_filter=2\n");
        await node.ApplyAsync(await BuildOneAsync());
        node.Write(FilePath, "net.ipv4.conf.all.rp_filter=0\n");
        await node.UndoAsync();
        Assert.Equal("net.ipv4.conf.all.rp_filter=0\n", node.Read(FilePath));
    }

    [Fact]
    public async Task Files_of_packages_and_documents_without_it_are_left_alone()
    {
        node.Write("/usr/lib/sysctl.d/50-default.conf", "net.ipv4.conf.default.rp_filter=2\n");
        Assert.Empty(await BuildAsync(Document));
        node.Write(FilePath, Ubuntu);
        Assert.Empty(await BuildAsync("{ host: { sysctl: { net.ipv4.ip_forward: 1 } } }"));
    }

    [Fact]
    public async Task Later_file_with_rp_filter_is_a_step_and_no_finding()
    {
        node.Write("/etc/sysctl.conf", "net.ipv4.conf.all.rp_filter=2\n");
        var files = await SysctlFiles.ReadAsync(node.Machine, TemporaryMachine.Never);
        Assert.Empty((TestFacts.Usual with { SysctlFiles = files }).Check(Document));
        Assert.Single(await BuildAsync(Document));
    }

    private async Task<IResource> BuildOneAsync() => Assert.Single(await BuildAsync(Document));

    private async Task<IResource[]> BuildAsync(string document)
    {
        var files = await SysctlFiles.ReadAsync(node.Machine, TemporaryMachine.Never);
        return [.. ReversePath.Build(TestFacts.Document(document).Host, TestFacts.Usual with { SysctlFiles = files })];
    }
}
