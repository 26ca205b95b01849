using Holdfast.Linux;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Tests.Facts;

namespace Holdfast.Node.Tests.Runtimes;

/// <summary>Passwords of registries are in containerd's files and nowhere else.</summary>
public sealed class ContainerdSecretTests : IDisposable
{
    private const string Program = "/usr/bin/containerd";
    private const string PasswordFile = "/root/registry-password";

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("1.7.28", "/etc/containerd/config.toml")]
    [InlineData("2.1.9", "/etc/containerd/conf.d/20-holdfast.toml")]
    public async Task No_plan_and_no_journal_shows_a_password_not_even_the_one_before(string version, string file)
    {
        node.Write(Program, version);
        node.Answer(
            $"{node.Machine.At(Program)} --version",
            $"containerd github.com/containerd/containerd v{version} abc"
        );
        foreach (var password in new[] { "first-s3cret", "second-s3cret" })
        {
            node.Write(PasswordFile, password);
            var found = await Files().InspectAsync(node.Machine, TemporaryMachine.Never);
            Assert.DoesNotContain("s3cret", found.Summary + found.Diff, StringComparison.Ordinal);

            await node.ApplyAsync(Files());

            Assert.Contains(password, node.Read(file), StringComparison.Ordinal);
            Assert.Equal(AtomicFile.SecretMode, node.Machine.Status(file)!.Mode);
            var journal = await File.ReadAllTextAsync(Path.Join(node.Paths.ChangesDirectory, "journal.jsonl"));
            Assert.Contains("containerd-config", journal, StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", journal, StringComparison.Ordinal);
        }
        await node.UndoAsync();
        Assert.False(node.Machine.Exists(file));
    }

    private static ContainerdFilesChange Files() =>
        new ContainerdComponent()
            .Build(
                TestFacts.Document(
                    $"{{ runtimes: [{{ name: containerd, registries: [{{ host: r.example, credentials: {{ username: me, passwordFile: {PasswordFile} }} }}] }}] }}"
                ),
                TestFacts.Usual
            )
            .OfType<ContainerdFilesChange>()
            .Single();
}
