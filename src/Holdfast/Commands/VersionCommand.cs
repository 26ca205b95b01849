using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary><c>holdfast version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>Digits of the commit that are shown.</summary>
    private const int ShortCommit = 10;

    /// <summary>The version, and the commit it was built from where that is known: <c>0.1.0+6e21c5f83b</c>.</summary>
    public static string Version { get; } =
        Shorten(
            typeof(VersionCommand)
                .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
                .InformationalVersion
        );

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
                OutputJson.Readable.VersionOutput
            );
            return ExitCode.Ok;
        }

        // Without Spectre, which costs a third of the time that this takes.
        Console.Out.WriteLine($"holdfast {Version}");
        return ExitCode.Ok;
    }

    private static string Shorten(string version)
    {
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus >= 0 && version.Length > plus + 1 + ShortCommit ? version[..(plus + 1 + ShortCommit)] : version;
    }
}
