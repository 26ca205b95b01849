using System.Text.RegularExpressions;

namespace Holdfast.Repo.Tests;

/// <summary>What the documents say is so.</summary>
public sealed partial class DocumentationTests
{
    /// <summary>
    /// Every command of the README and the test that runs it. A command that nobody runs is a claim that nobody checks.
    /// </summary>
    private static readonly Dictionary<string, string> RunBy = new()
    {
        ["sudo ./holdfast up"] = "Two_commands_make_a_fresh_machine_a_node",
        ["sudo ./holdfast down"] = "Down_puts_every_file_back",
        ["export KUBECONFIG=/etc/holdfast/admin.conf"] = "Two_commands_make_a_fresh_machine_a_node",
        ["kubectl apply -f examples/hello.yaml"] = "Two_commands_make_a_fresh_machine_a_node",
        ["kubectl get pod -o wide"] = "Two_commands_make_a_fresh_machine_a_node",
        ["kubectl delete -f examples/hello.yaml"] = "Two_commands_make_a_fresh_machine_a_node",
        ["./test"] = "the command that runs this",
        ["./test --unit"] = "the command that runs this",
        ["./bench"] = "its own output is the proof",
    };

    [Fact]
    public void Links_lead_somewhere()
    {
        var dead =
            from file in RepositoryFiles.All
            where file.EndsWith(".md", StringComparison.Ordinal)
            from Match link in Link().Matches(RepositoryFiles.Read(file))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            let path = Path.Join(Path.GetDirectoryName(file), target.Split('#')[0])
            where !RepositoryFiles.Has(path)
            select $"{file}: {target}";
        Assert.Empty(dead);
    }

    /// <summary>The names stand in one table: <c>new("low-disk", CapacityChecks.Disk)</c>.</summary>
    [Fact]
    public void Every_finding_has_an_entry_in_troubleshooting()
    {
        var names = FindingName()
            .Matches(RepositoryFiles.Read("src/Holdfast.Node/Doctor/Preflight.cs"))
            .Select(match => match.Groups[1].Value)
            .ToArray();
        Assert.NotEmpty(names);
        var document = RepositoryFiles.Read("docs/troubleshooting.md");
        Assert.All(names, name => Assert.Contains($"**`{name}`**", document, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_command_of_the_README_is_run_by_a_test()
    {
        var commands = ShellBlock()
            .Matches(RepositoryFiles.Read("README.md"))
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Select(line => line.Split(" #")[0].Trim())
            .Where(line => line.Length > 0 && !line.StartsWith('#'));
        var unknown = commands.Where(command =>
            !RunBy.Keys.Any(known => command.StartsWith(known, StringComparison.Ordinal))
        );
        Assert.Empty(unknown);
    }

    [Fact]
    public void The_tests_that_run_the_README_exist()
    {
        var sources = string.Concat(
            RepositoryFiles.Sources.Where(file => file.Contains("FreshNode")).Select(RepositoryFiles.Read)
        );
        Assert.All(
            RunBy.Values.Where(test => !test.Contains(' ')).Distinct(),
            test => Assert.Contains($" {test}(", sources)
        );
    }

    [Fact]
    public void The_README_names_every_verb()
    {
        var readme = RepositoryFiles.Read("README.md");
        var verbs = RepositoryFiles
            .Sources.Where(file => file.StartsWith("src/Holdfast/Commands/", StringComparison.Ordinal))
            .Select(RepositoryFiles.Read)
            .Where(text => !text.Contains("Hidden = true", StringComparison.Ordinal))
            .SelectMany(text => Verb().Matches(text).Select(match => match.Groups[1].Value));
        Assert.All(verbs, verb => Assert.Contains($"`{verb}", readme));
    }

    [Fact]
    public void Every_exit_code_is_documented()
    {
        var page = RepositoryFiles.Read("docs/exit-codes.md");
        var codes = ExitCode().Matches(RepositoryFiles.Read("src/Holdfast/Terminal/ExitCode.cs"));
        Assert.NotEmpty(codes);
        Assert.All(codes, code => Assert.Contains($"| {code.Groups[1].Value} |", page));
    }

    [GeneratedRegex("(?:new\\(|CheckFailed = )\"([a-z-]+)\"")]
    private static partial Regex FindingName();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("new Command\\(\\s*\"(\\w+)\"")]
    private static partial Regex Verb();

    [GeneratedRegex(@"public const int \w+ = (\d+);")]
    private static partial Regex ExitCode();
}
