using System.CommandLine;
using System.Globalization;
using Holdfast.Composition;
using Holdfast.Node;
using Holdfast.Node.Software.Bundles;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary><c>holdfast bundle</c>: everything that a node needs from elsewhere, in one file for a machine without network.</summary>
internal static class BundleCommand
{
    private static readonly Option<string> Result = new("--output", "-o")
    {
        Description = "The file to write",
        Required = true,
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "bundle",
            "Fetch all archives and packages that a node document needs into one file, and change nothing on this machine"
        )
        {
            CommandOptions.File,
            Result,
        };
        command.SetExamples(
            "# on a connected machine of the same distribution and architecture",
            "holdfast bundle -f node.yaml -o node.bundle",
            "# on the machine without network",
            "sudo holdfast up -f node.yaml --bundle node.bundle"
        );
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(CommandOptions.File);
        var node = await NodeContext.LoadAsync(file, CommandOptions.Paths(parsed), cancellationToken);
        var machine = node.Machine.WithProgress(new Notes(screen));
        var path = Path.GetFullPath(parsed.GetValue(Result)!);
        var index = await new BundleMaker(machine).MakeAsync(node.Document.Spec, node.Facts, path, cancellationToken);
        var size = new FileInfo(path).Length / 1e6;
        screen.Line(
            $"[green]{path.EscapeMarkup()}[/] has {index.Items.Count} items, "
                + string.Create(CultureInfo.InvariantCulture, $"{size:0.0} MB, for {index.Architecture}.")
        );
        screen.Line(
            $"On the other machine: [bold]sudo holdfast up -f {(file ?? "node.yaml").EscapeMarkup()} --bundle FILE[/]"
        );
        foreach (var image in node.Document.Spec.Runtimes.Select(runtime => runtime.SandboxImage).Distinct())
        {
            if (!image.StartsWith("holdfast.local/", StringComparison.Ordinal))
            {
                screen.Note(
                    $"[yellow]not in it[/]: the image {image.EscapeMarkup()}; a registry must have it, or use sandboxImage: builtin"
                );
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>A line for each thing that is being fetched.</summary>
    private sealed class Notes(Screen screen) : IProgress<string>
    {
        public void Report(string value) => screen.Note($"[grey]{value.EscapeMarkup()}[/]");
    }
}
