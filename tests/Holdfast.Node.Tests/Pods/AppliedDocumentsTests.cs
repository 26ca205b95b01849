using Holdfast.Linux;
using Holdfast.Node.Pods;

namespace Holdfast.Node.Tests.Pods;

/// <summary>Every applied document is kept, so that there is a way back.</summary>
public sealed class AppliedDocumentsTests : IDisposable
{
    private readonly TemporaryMachine node = new();
    private readonly AppliedDocuments documents;

    public AppliedDocumentsTests() => documents = new AppliedDocuments(node.Paths);

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task The_previous_one_is_the_last_that_is_not_in_force_there_and_back_again()
    {
        Assert.Null(await documents.FindPreviousAsync(TemporaryMachine.Never));
        await ApplyAsync("one");
        await ApplyAsync("one");
        Assert.Null(await documents.FindPreviousAsync(TemporaryMachine.Never));
        await ApplyAsync("two");
        Assert.Equal("one", await ReadPreviousAsync());
        await ApplyAsync("one");
        Assert.Equal("two", await ReadPreviousAsync());
    }

    [Fact]
    public async Task They_are_secret_and_their_number_is_bounded()
    {
        for (var number = 1; number <= 30; number++)
        {
            await ApplyAsync($"document {number}");
        }

        var kept = documents.List();
        Assert.Equal(20, kept.Count);
        Assert.Equal("document 30", await File.ReadAllTextAsync(kept[^1]));
        Assert.Equal("document 11", await File.ReadAllTextAsync(kept[0]));
        Assert.Equal(AtomicFile.SecretMode, File.GetUnixFileMode(kept[0]));
        Assert.Equal("rwx", FileModeText(node.Paths.DocumentsDirectory));
    }

    [Fact]
    public async Task The_document_of_an_older_version_is_not_forgotten()
    {
        Write("old");
        await documents.KeepFirstAsync(TemporaryMachine.Never);
        await ApplyAsync("new");
        Assert.Equal("old", await ReadPreviousAsync());
    }

    private async Task ApplyAsync(string text)
    {
        Write(text);
        await documents.KeepAsync(text, TemporaryMachine.Never);
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(node.Paths.ConfigDirectory);
        File.WriteAllText(node.Paths.NodeDocument, text);
    }

    private async Task<string> ReadPreviousAsync() =>
        await File.ReadAllTextAsync((await documents.FindPreviousAsync(TemporaryMachine.Never))!);

    private static string FileModeText(string directory) =>
        File.GetUnixFileMode(directory) == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
            ? "rwx"
            : File.GetUnixFileMode(directory).ToString();
}
