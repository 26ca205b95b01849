using System.Text;
using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;

namespace Holdfast.Changes.Tests.Files;

public sealed class TextEditTests : IDisposable
{
    private const string Fstab =
        "# /etc/fstab\nUUID=1 / ext4 defaults 0 1\nUUID=2 none\tswap sw 0 0\n#/dev/x none swap sw 0 0";
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public void Block_taken_out_leaves_every_foreign_byte() =>
        Choices.Check(
            100,
            choices =>
            {
                var lines = Enumerable
                    .Range(0, choices.Next(20))
                    .Select(_ => choices.Of("10.0.0.1 a", "# c", "", "\t", "::1 b\r"));
                var text = string.Join('\n', lines);
                var rest = HostsFile.Put(HostsFile.Put(text, ["1.2.3.4 x"]), []);
                Assert.True(rest == text || rest == text + "\n", rest);
            }
        );

    [Fact]
    public void Block_is_replaced_in_its_place()
    {
        var first = HostsFile.Put("above\n", ["old"]) + "below\n";
        Assert.Equal("above\n# BEGIN holdfast\nnew\n# END holdfast\nbelow\n", HostsFile.Put(first, ["new"]));
        Assert.Equal(first, HostsFile.Put(first, ["old"]));
    }

    [Fact]
    public void Mark_inside_a_line_is_no_block_and_one_without_an_end_is_not_touched()
    {
        const string text = "# a # BEGIN holdfast\n";
        Assert.StartsWith(text, HostsFile.Put(text, ["x"]), StringComparison.Ordinal);
        Assert.Throws<NodeException>(() => HostsFile.Put(text + "# BEGIN holdfast\nnever ended\n", ["x"]));
    }

    [Fact]
    public void Only_swap_lines_of_fstab_are_commented_and_come_back_byte_for_byte()
    {
        var off = FstabSwap.CommentOut(Fstab);
        Assert.Contains("\n#holdfast: swap is off# UUID=2 none\tswap sw 0 0\n", off, StringComparison.Ordinal);
        Assert.Contains("\n#/dev/x none swap", off, StringComparison.Ordinal);
        Assert.Equal(off, FstabSwap.CommentOut(off));
        Assert.Equal(Fstab, FstabSwap.Restore(off));
    }

    [Fact]
    public async Task Machine_without_fstab_gets_none()
    {
        Assert.True((await FstabSwap.Change().InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted);
    }

    [Fact]
    public async Task Hosts_edited_by_someone_else_keep_the_edit_and_lose_only_our_block()
    {
        node.Write("/etc/hosts", "127.0.0.1 localhost\n");
        var hosts = HostsFile.Change(["192.168.44.140 k8s-master"]);
        await node.ApplyAsync(hosts);
        Assert.Contains("192.168.44.140 k8s-master\n", node.Read("/etc/hosts"), StringComparison.Ordinal);
        node.Write("/etc/hosts", node.Read("/etc/hosts") + "10.1.1.1 printer\n");

        await node.UndoAsync();

        Assert.Equal("127.0.0.1 localhost\n10.1.1.1 printer\n", node.Read("/etc/hosts"));
    }

    [Fact]
    public async Task Hosts_without_a_last_line_feed_come_back_byte_for_byte()
    {
        node.Write("/etc/hosts", "127.0.0.1 localhost");
        var before = node.Snapshot();
        await node.ApplyAsync(HostsFile.Change(["::2 two zwei"]));
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Bytes_of_any_encoding_survive_an_edit_and_are_no_reason_for_one()
    {
        node.Write("/etc/fstab", "");
        var latin1 = "/dev/sda1 /home/jos\u00e9 ext4 defaults 0 2\n";
        await File.WriteAllTextAsync(node.Machine.At("/etc/fstab"), latin1, Encoding.Latin1);
        Assert.True((await FstabSwap.Change().InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted);

        await File.WriteAllTextAsync(
            node.Machine.At("/etc/fstab"),
            latin1 + "/swap none swap sw 0 0\n",
            Encoding.Latin1
        );
        await node.ApplyAsync(FstabSwap.Change());
        var edited = await File.ReadAllTextAsync(node.Machine.At("/etc/fstab"), Encoding.Latin1);
        Assert.StartsWith(latin1 + "#holdfast", edited, StringComparison.Ordinal);

        await File.WriteAllTextAsync(node.Machine.At("/etc/fstab"), edited + "# more \u00e9\n", Encoding.Latin1);
        await node.UndoAsync();
        Assert.Equal(
            latin1 + "/swap none swap sw 0 0\n# more \u00e9\n",
            await File.ReadAllTextAsync(node.Machine.At("/etc/fstab"), Encoding.Latin1)
        );
    }

    [Fact]
    public async Task Hosts_in_which_someone_cut_our_block_in_two_are_left_alone_and_told()
    {
        const string Broken = "127.0.0.1 localhost\n# BEGIN holdfast\n10.0.0.9 old\n";
        node.Write("/etc/hosts", Broken);
        var hosts = HostsFile.Change(["10.0.0.1 a"]);
        var refusal = await Assert.ThrowsAsync<NodeException>(() => node.ApplyAsync(hosts));
        Assert.Contains("\"# END holdfast\"", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Broken, node.Read("/etc/hosts"));
    }

    [Fact]
    public void Diff_has_hunks_with_line_numbers()
    {
        var before = string.Concat(Enumerable.Range(1, 20).Select(i => $"line {i}\n"));
        var diff = UnifiedDiff.Create(before, before.Replace("line 10\n", "line ten\n"));
        Assert.Equal(
            "@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n line 11\n line 12\n line 13\n",
            diff
        );
        Assert.Equal("@@ -1,0 +1,1 @@\n+a\n", UnifiedDiff.Create("", "a\n"));
        Assert.Null(UnifiedDiff.Create("same", "same"));
    }
}
