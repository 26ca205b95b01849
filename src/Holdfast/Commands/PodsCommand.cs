using System.CommandLine;
using Holdfast.Composition;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Document;
using Holdfast.Terminal;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary>
/// <c>holdfast pods</c>: the sandboxes of every runtime of this node in one table, straight from the runtimes. Works when
/// the daemon is down.
/// </summary>
internal static class PodsCommand
{
    /// <summary>Characters of a sandbox id that are shown, as crictl shows them; all of them in JSON.</summary>
    private const int ShortId = 13;

    private const string Unknown = "unknown";

    public static Command Create()
    {
        var command = new Command(
            "pods",
            "List the pods of every runtime on this node, with the runtime that runs each"
        )
        {
            CommandOptions.Output,
            CommandOptions.File,
        };
        command.SetExamples("sudo holdfast pods", "sudo holdfast pods -o json");
        command.SetVerb(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var paths = CommandOptions.Paths(parsed);
        var document = await NodeDocuments.LoadAsync(parsed.GetValue(CommandOptions.File), paths, cancellationToken);
        await using var runtimes = NodeRuntimes.Create(document.Spec, TimeProvider.System, NullLoggerFactory.Instance);

        // One runtime that is down must not hide the pods of the others.
        var rows = new List<PodOutput>();
        var silent = 0;
        foreach (var endpoint in runtimes.Endpoints)
        {
            try
            {
                var isCrio = document.Spec.Runtimes.Any(r => r.Name == endpoint.Name && r.Kind == RuntimeKind.Crio);
                rows.AddRange(await ListAsync(endpoint, isCrio, cancellationToken));
            }
            catch (CriException failure)
            {
                silent++;
                screen.Error($"cannot list the pods of {endpoint.Name}: {failure.Message}");
            }
        }

        Show(screen, rows);
        return silent == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<IReadOnlyList<PodOutput>> ListAsync(
        RuntimeEndpoint endpoint,
        bool isCrio,
        CancellationToken cancellationToken
    )
    {
        var answer = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken);
        var rows = new List<PodOutput>();
        foreach (var sandbox in answer.Items.OrderByDescending(sandbox => sandbox.CreatedAt))
        {
            var handler = await SandboxHandler.FindAsync(endpoint, sandbox, isCrio, cancellationToken);
            rows.Add(
                new PodOutput(
                    sandbox.Id,
                    DateTimeOffset.FromUnixTimeMilliseconds(sandbox.CreatedAt / 1_000_000),
                    sandbox.State == PodSandboxState.SandboxReady ? "Ready" : "NotReady",
                    sandbox.Metadata.Name,
                    sandbox.Metadata.Namespace,
                    sandbox.Metadata.Attempt,
                    endpoint.Name,
                    handler switch
                    {
                        null => Unknown,
                        "" => endpoint.Options.Handlers.FirstOrDefault(""),
                        _ => handler,
                    }
                )
            );
        }

        return rows;
    }

    private static void Show(Screen screen, IReadOnlyList<PodOutput> rows)
    {
        if (screen.Format == OutputFormat.Json)
        {
            Screen.Json(rows, OutputJson.Readable.IReadOnlyListPodOutput);
            return;
        }

        var now = TimeProvider.System.GetUtcNow();
        var table = Screen.CreateTable(
            "POD ID",
            "CREATED",
            "STATE",
            "NAME",
            "NAMESPACE",
            "ATTEMPT",
            "ENDPOINT",
            "RUNTIME"
        );
        foreach (var row in rows)
        {
            table.AddRow(
                row.Id[..Math.Min(ShortId, row.Id.Length)],
                Age.Format(now - row.Created) + " ago",
                row.State,
                row.Name.EscapeMarkup(),
                row.Namespace.EscapeMarkup(),
                row.Attempt.ToString(),
                row.Endpoint.EscapeMarkup(),
                row.Runtime.EscapeMarkup()
            );
        }

        screen.Table(table);
    }
}
