using System.CommandLine;
using Holdfast.Linux;

namespace Holdfast.Commands;

/// <summary><c>holdfast supervise NAME</c>: keeps one service running where there is no systemd. Started by <c>up</c>.</summary>
internal static class SuperviseCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Name of the service" };
        var command = new Command("supervise", "Keep one service running (used by holdfast itself)") { name };
        command.Hidden = true;

        // No Interruption: the supervisor has its own order of stopping.
        command.SetAction(
            (parsed, cancellationToken) =>
                new Supervisor(
                    CommandOptions.Paths(parsed).ServicesDirectory,
                    parsed.GetValue(name)!,
                    TimeProvider.System
                ).RunAsync(cancellationToken)
        );
        return command;
    }
}
