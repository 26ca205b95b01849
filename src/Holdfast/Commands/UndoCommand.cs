using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Node.Apply;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast undo</c>: takes back every change that Holdfast made to this machine. Refuses while pods run.</summary>
internal static class UndoCommand
{
    public static Command Create()
    {
        var command = new Command("undo", "Take back every change that holdfast made to this machine");
        command.SetExamples("sudo holdfast undo", "# stops the pods first", "sudo holdfast down");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        NodeContext.RequireRoot("undo");
        var teardown = new NodeTeardown(CommandOptions.Paths(parsed), screen);
        var running = await teardown.CountPodsAsync(cancellationToken);
        if (running > 0)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"cannot undo the changes: {running} pods of this node are running on what would be taken away",
                "To stop them and undo everything: sudo holdfast down"
            );
        }

        var result = await teardown.UndoAsync(cancellationToken);
        screen.Line(
            result.TakenBack == 0
                ? "Nothing to undo: holdfast has changed nothing on this machine."
                : $"{result.TakenBack} changes taken back: this machine is as it was."
        );
        return ExitCode.Ok;
    }
}
