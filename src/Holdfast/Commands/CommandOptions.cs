using System.CommandLine;
using Holdfast.Linux;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary>The options that several verbs share. One object each, so that every verb parses them alike.</summary>
internal static class CommandOptions
{
    public static readonly Option<string> Root = new("--root")
    {
        Description = "Directory below which Holdfast's own files of this node lie",
        DefaultValueFactory = _ => "/",
        Recursive = true,
        HelpName = "DIR",
    };

    public static readonly Option<bool> NoColor = new("--no-color")
    {
        Description = "Write without colours",
        Recursive = true,
    };

    public static readonly Option<OutputFormat> Output = new("--output", "-o")
    {
        Description = "How to write the result: table or json",
        DefaultValueFactory = _ => OutputFormat.Table,
        HelpName = "FORMAT",
    };

    public static readonly Option<string?> File = new("--file", "-f")
    {
        Description = "The node document; - reads standard input (default: the one used last, else the built-in one)",
        HelpName = "FILE",
    };

    public static NodePaths Paths(ParseResult parsed)
    {
        var root = parsed.GetValue(Root)!;
        return root == "/" ? NodePaths.Default : new NodePaths(Path.GetFullPath(root));
    }

    public static Screen Screen(ParseResult parsed) =>
        new(
            parsed.CommandResult.Command.Options.Contains(Output) ? parsed.GetValue(Output) : OutputFormat.Table,
            parsed.GetValue(NoColor) || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 }
        );

    public static bool HasNoColor(IReadOnlyList<string> arguments) =>
        arguments.Contains("--no-color") || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
}
