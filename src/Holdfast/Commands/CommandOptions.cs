using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
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

    /// <summary>An option whose value is a whole number.</summary>
    /// <param name="wrong">What is said of any other value.</param>
    public static Option<int?> WholeNumber(string name, int least, string wrong) =>
        new(name)
        {
            CustomParser = result =>
            {
                if (
                    int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                    && value >= least
                )
                {
                    return value;
                }

                result.AddError(wrong);
                return null;
            },
        };

    /// <summary>Whether the option stands on the command line, right or wrong.</summary>
    public static bool IsGiven(CommandResult command, Option option) =>
        command.GetResult(option) is { Implicit: false };

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
