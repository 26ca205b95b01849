using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast version</c>.</summary>
internal static class VersionCommand
{
    public static string Version { get; } =
        typeof(VersionCommand)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion;

    public static Command Create()
    {
        var command = new Command("version", "Show the version of this program") { CommandOptions.Output };
        command.SetVerb((_, screen, _) => Task.FromResult(Run(screen)));
        return command;
    }

    private static int Run(Screen screen)
    {
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(
                new VersionOutput(
                    Version,
                    RuntimeInformation.FrameworkDescription,
                    RuntimeInformation.RuntimeIdentifier
                ),
                OutputJson.Default.VersionOutput
            );
            return ExitCode.Ok;
        }

        // Without Spectre, which costs a third of the time that this takes.
        Console.Out.WriteLine($"holdfast {Version}");
        return ExitCode.Ok;
    }
}
