using System.CommandLine;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast completion bash|zsh|fish</c>: the script that makes a shell complete verbs and options.</summary>
internal static class CompletionCommand
{
    // Each script asks the program itself ([suggest:N] is answered by the command line parser), so it never goes stale.
    private const string Bash = """
        _holdfast() {
            local suggestions
            suggestions=$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            COMPREPLY=($(compgen -W "${suggestions}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _holdfast holdfast ./holdfast
        """;

    private const string Zsh = """
        #compdef holdfast ./holdfast
        _holdfast() {
            local -a suggestions
            suggestions=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a suggestions
        }
        compdef _holdfast holdfast ./holdfast
        """;

    private const string Fish = """
        function __holdfast_complete
            set -l line (commandline -cp)
            set -l words (commandline -opc)
            $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c holdfast -f -a '(__holdfast_complete)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion",
            "Write the script that lets a shell complete holdfast's verbs and options"
        )
        {
            shell,
        };
        command.SetExamples("source <(holdfast completion bash)", "holdfast completion fish | source");
        command.SetVerb(
            (parsed, _, _) =>
            {
                Console.Out.WriteLine(
                    parsed.GetValue(shell) switch
                    {
                        "bash" => Bash,
                        "zsh" => Zsh,
                        _ => Fish,
                    }
                );
                return Task.FromResult(ExitCode.Ok);
            }
        );
        return command;
    }
}
