using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Holdfast.Commands;

/// <summary>Examples below the help of a verb. Stateless after start.</summary>
internal static class Examples
{
    private static readonly Dictionary<Command, string[]> ByCommand = [];

    /// <summary>Gives a verb its examples: pairs of a comment and a command.</summary>
    public static void SetExamples(this Command command, params string[] lines) => ByCommand[command] = lines;

    public static void AddTo(RootCommand root)
    {
        root.SetExamples(
            "# make this machine a node, and see that pods run",
            "sudo ./holdfast up",
            "# what it would do, without doing it",
            "sudo ./holdfast plan",
            "# put the machine back as it was",
            "sudo ./holdfast down"
        );
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
        }
    }

    private sealed class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
    {
        /// <summary>Help is asked for also where required arguments are missing.</summary>
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var result = inner.Invoke(parseResult);
            if (ByCommand.TryGetValue(parseResult.CommandResult.Command, out var lines))
            {
                var output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (var line in lines)
                {
                    output.WriteLine("  " + line);
                }
            }

            return result;
        }
    }
}
