using System.Text;
using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;
using Holdfast.Linux;

namespace Holdfast.Changes.Tests.Files;

public sealed class FileChangeTests : IDisposable
{
    private const string FilePath = "/etc/thing/deep/thing.conf";
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    /// <summary>
    /// The real attribute, security.selinux: the kernel lets root set it also where no SELinux gives it a meaning.
    /// </summary>
    [Theory]
    [InlineData("as written")]
    [InlineData("edited")]
    [InlineData("removed")]
    [InlineData("replaced by the original with another label")]
    public async Task Label_of_SELinux_stays_through_a_write_and_comes_back_with_undo(string since)
    {
        node.Write("/etc/a", "original");
        var at = node.Machine.At("/etc/a");
        FileLabels.Write(at, NetConf);
        await node.ApplyAsync(new FileChange("/etc/a", "new"));
        Assert.Equal(NetConf, FileLabels.Read(at));

        FileLabels.Write(at, Etc);
        switch (since)
        {
            case "edited":
                File.AppendAllText(at, " and more");
                break;
            case "removed":
                File.Delete(at);
                break;
            case "replaced by the original with another label":
                File.WriteAllText(at, "original");
                break;
        }

        await node.UndoAsync();
        Assert.Equal("original", node.Read("/etc/a"));
        Assert.Equal(NetConf, FileLabels.Read(at));
    }

    [Fact]
    public async Task Label_of_a_file_that_a_link_replaced_comes_back_with_it()
    {
        node.Write("/usr/local/bin/tool", "of a person");
        var at = node.Machine.At("/usr/local/bin/tool");
        FileLabels.Write(at, NetConf);
        await node.ApplyAsync(new LinkChange("/usr/local/bin/tool", "/opt/tool"));
        await node.UndoAsync();
        Assert.Equal("of a person", node.Read("/usr/local/bin/tool"));
        Assert.Equal(NetConf, FileLabels.Read(at));
    }

    private static readonly byte[] NetConf = "system_u:object_r:net_conf_t:s0\0"u8.ToArray();
    private static readonly byte[] Etc = "system_u:object_r:etc_t:s0\0"u8.ToArray();

    [Fact]
    public async Task What_may_have_secrets_stays_out_of_the_journal_and_comes_back()
    {
        node.Write("/etc/config", "password = 'hunter2'\n");
        await node.ApplyAsync(new FileChange("/etc/config", "other\n") { MayHaveSecrets = true });
        var journal = await File.ReadAllTextAsync(Path.Join(node.Machine.Paths.ChangesDirectory, "journal.jsonl"));
        Assert.DoesNotContain("hunter2", journal, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("password = 'hunter2'\n"u8), journal, StringComparison.Ordinal);
        await node.UndoAsync();
        Assert.Equal("password = 'hunter2'\n", node.Read("/etc/config"));
    }

    [Fact]
    public async Task What_an_older_edit_put_in_goes_unless_someone_edited_the_file_since()
    {
        node.Write("/etc/c", "base\n");
        await node.ApplyAsync(Appending("old"));
        Assert.Equal("base\nold\n", node.Read("/etc/c"));
        await node.ApplyAsync(Appending("new"));
        Assert.Equal("base\nnew\n", node.Read("/etc/c"));
        Assert.Equal(1, (await node.ApplyAsync(Appending("new"))).Unchanged);

        node.Write("/etc/c", "base\nnew\nby hand\n");
        await node.ApplyAsync(Appending("newer"));
        Assert.Equal("base\nnew\nby hand\nnewer\n", node.Read("/etc/c"));

        static FileChange Appending(string line) =>
            new(
                "/etc/c",
                current =>
                {
                    var text = Encoding.UTF8.GetString(current ?? []);
                    return Encoding.UTF8.GetBytes(
                        text.Contains($"{line}\n", StringComparison.Ordinal) ? text : $"{text}{line}\n"
                    );
                }
            )
            {
                EditsOriginal = true,
            };
    }

    [Fact]
    public async Task New_file_and_its_directories_are_gone_after_undo()
    {
        node.Write("/etc/other", "foreign");
        var before = node.Snapshot();
        await node.ApplyAsync(new FileChange(FilePath, "wanted\n"));
        Assert.Equal("wanted\n", node.Read(FilePath));

        var result = await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
        Assert.Empty(result.Notes);
    }

    [Fact]
    public async Task Existing_file_comes_back_with_content_mode_and_owner()
    {
        node.Write(
            FilePath,
            "original without line feed",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead
        );
        var before = node.Snapshot();
        await node.ApplyAsync(new FileChange(FilePath, "wanted\n") { Mode = AtomicFile.DefaultMode });
        Assert.Equal(AtomicFile.DefaultMode, node.Machine.Status(FilePath)!.Mode);

        await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_file_with_a_token_in_it_is_shown_without_and_its_original_stays_out_of_the_journal()
    {
        const string before = "cluster:\n  kubeedge:\n    token:\n      old.secret\n";
        const string after = "cluster:\n  kubeedge:\n    cloudcore: c:1\n    token: new.secret\n";
        node.Write(FilePath, before, AtomicFile.SecretMode);
        var snapshot = node.Snapshot();
        var resource = new FileChange(FilePath, after) { Mask = HideSecrets };

        var inspection = await resource.InspectAsync(node.Machine, TemporaryMachine.Never);
        Assert.Contains("+    cloudcore: c:1", inspection.Diff, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", inspection.Diff, StringComparison.Ordinal);

        await node.ApplyAsync(resource);
        var journal = File.ReadAllText(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl"));
        Assert.DoesNotContain(
            Convert.ToBase64String(Encoding.UTF8.GetBytes(before)),
            journal,
            StringComparison.Ordinal
        );
        Assert.All(
            Directory.EnumerateFiles(Path.Join(node.Paths.ChangesDirectory, "originals")),
            kept => Assert.Equal(AtomicFile.SecretMode, File.GetUnixFileMode(kept))
        );

        await node.UndoAsync();
        Assert.Equal(snapshot, node.Snapshot());
    }

    [Fact]
    public async Task Large_original_is_kept_beside_the_journal_and_comes_back()
    {
        node.Write(FilePath, new string('x', 300_000));
        var before = node.Snapshot();
        await node.ApplyAsync(new FileChange(FilePath, "small"));
        Assert.True(new FileInfo(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl")).Length < 10_000);

        await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Original_recorded_first_wins_over_later_applies()
    {
        node.Write(FilePath, "original");
        await node.ApplyAsync(new FileChange(FilePath, "first"));
        await node.ApplyAsync(new FileChange(FilePath, "second"));

        var result = await node.UndoAsync();

        Assert.Equal("original", node.Read(FilePath));
        Assert.Empty(result.Notes);
    }

    [Fact]
    public async Task File_edited_by_someone_else_is_kept_aside_and_named()
    {
        node.Write(FilePath, "original");
        await node.ApplyAsync(new FileChange(FilePath, "wanted"));
        node.Write(FilePath, "wanted, and an hour of a person's work");

        var result = await node.UndoAsync();

        Assert.Equal("original", node.Read(FilePath));
        var note = Assert.Single(result.Notes);
        var kept = Assert.Single(Directory.GetFiles(Path.Join(node.Paths.ChangesDirectory, "kept")));
        Assert.Contains(kept, note, StringComparison.Ordinal);
        Assert.Equal("wanted, and an hour of a person's work", File.ReadAllText(kept));
    }

    [Fact]
    public async Task Edit_sees_the_current_content_and_is_done_once()
    {
        node.Write(FilePath, "a\n");
        var resource = new FileChange(
            FilePath,
            current =>
            {
                var text = Encoding.UTF8.GetString(current ?? []);
                return Encoding.UTF8.GetBytes(text.Contains('b') ? text : text + "b\n");
            }
        );
        await node.ApplyAsync(resource);
        Assert.Equal("a\nb\n", node.Read(FilePath));
        Assert.True((await resource.InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted);
    }

    [Fact]
    public async Task Diff_shows_what_changes_but_no_secrets()
    {
        node.Write(FilePath, "one\ntwo\n");
        var plain = await new FileChange(FilePath, "one\npassword = \"hunter2\"\n").InspectAsync(
            node.Machine,
            TemporaryMachine.Never
        );
        Assert.Contains("-two", plain.Diff, StringComparison.Ordinal);
        Assert.Contains("+password = ***", plain.Diff, StringComparison.Ordinal);

        var secret = await new FileChange(FilePath, "topsecret") { IsSecret = true }.InspectAsync(
            node.Machine,
            TemporaryMachine.Never
        );
        Assert.DoesNotContain("topsecret", secret.Diff, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Executable_is_copied_and_made_executable_and_taken_away_again()
    {
        var source = Path.Join(node.Root, "program");
        File.WriteAllText(source, new string('p', 500_000));
        var before = node.Snapshot();
        var resource = new ExecutableChange(source, "/usr/local/bin/program");
        await node.ApplyAsync(resource);
        Assert.Equal(500_000, node.Machine.Status("/usr/local/bin/program")!.Length);
        Assert.True(node.Machine.Status("/usr/local/bin/program")!.Mode.HasFlag(UnixFileMode.OtherExecute));
        Assert.True((await resource.InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted);

        await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "/elsewhere")]
    public async Task Link_takes_the_place_of_whatever_was_there_and_gives_it_back(bool isFile, string? target)
    {
        node.Write("/usr/local/share/keep", "");
        if (isFile)
        {
            node.Write("/usr/local/bin/program", "old", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }
        else if (target is not null)
        {
            Directory.CreateDirectory(node.Machine.At("/usr/local/bin"));
            File.CreateSymbolicLink(node.Machine.At("/usr/local/bin/program"), target);
        }

        var before = node.Snapshot();
        await node.ApplyAsync(new LinkChange("/usr/local/bin/program", "/usr/local/lib/p/program"));
        Assert.Equal("/usr/local/lib/p/program", new FileInfo(node.Machine.At("/usr/local/bin/program")).LinkTarget);

        var result = await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
        Assert.Equal(target, new FileInfo(node.Machine.At("/usr/local/bin/program")).LinkTarget);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public async Task Link_whose_directory_is_gone_is_taken_back_without_a_fault()
    {
        await node.ApplyAsync(new LinkChange("/usr/local/sbin/tool", "/usr/local/bin/tool"));
        Directory.Delete(node.Machine.At("/usr"), recursive: true);
        Assert.Empty((await node.UndoAsync()).Failures);
    }

    /// <summary>The link took the place of a file, and then someone put another file in the place of the link.</summary>
    [Fact]
    public async Task File_that_took_the_place_of_a_link_is_kept_and_the_original_comes_back()
    {
        node.Write("/usr/local/bin/program", "old");
        var before = node.Snapshot();
        await node.ApplyAsync(new LinkChange("/usr/local/bin/program", "/usr/local/lib/p/program"));
        File.Delete(node.Machine.At("/usr/local/bin/program"));
        node.Write("/usr/local/bin/program", "an hour of a person's work");

        var result = await node.UndoAsync();

        Assert.Equal(before, node.Snapshot());
        Assert.Contains("kept as", Assert.Single(result.Notes), StringComparison.Ordinal);
        var kept = Assert.Single(Directory.GetFiles(Path.Join(node.Paths.ChangesDirectory, "kept")));
        Assert.Equal("an hour of a person's work", File.ReadAllText(kept));
    }

    [Fact]
    public async Task Edited_files_whose_names_differ_in_a_slash_are_both_kept()
    {
        foreach (var path in new[] { "/etc/a/b", "/etc/a_b" })
        {
            await node.ApplyAsync(new FileChange(path, "wanted"));
            node.Write(path, $"edited {path}");
        }

        await node.UndoAsync();
        Assert.Equal(2, Directory.GetFiles(Path.Join(node.Paths.ChangesDirectory, "kept")).Length);
    }

    private static string HideSecrets(string text) =>
        text.Replace("old.secret", "***", StringComparison.Ordinal)
            .Replace("new.secret", "***", StringComparison.Ordinal);
}
