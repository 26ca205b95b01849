using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Facts;

/// <summary>One of the CNI plugins that the network needs.</summary>
/// <param name="Versions">Of the specification, as the plugin itself says; empty when it was not or could not be asked.</param>
/// <param name="Problem">Why it could not be asked; null when it could.</param>
public sealed record CniPlugin(string Name, IReadOnlyList<string> Versions, string? Problem = null)
{
    /// <summary>Runtimes call it themselves, in a version of their own choice: it need only be there.</summary>
    public const string Loopback = "loopback";

    /// <summary>What the network of the node document is made of.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["bridge", "host-local", "portmap", Loopback];

    /// <summary>Asks every plugin that is in the directory, all at the same time; the loopback is only looked for.</summary>
    internal static Task<CniPlugin[]> AskAllAsync(
        Machine machine,
        string directory,
        CancellationToken cancellationToken
    ) =>
        Task.WhenAll(
            Needed
                .Where(name => machine.Exists($"{directory}/{name}"))
                .Select(name =>
                    name == Loopback
                        ? Task.FromResult(new CniPlugin(name, []))
                        : AskAsync(machine, directory, name, cancellationToken)
                )
        );

    /// <summary>The command VERSION of the CNI specification: what the plugin supports comes back as JSON.</summary>
    private static async Task<CniPlugin> AskAsync(
        Machine machine,
        string directory,
        string name,
        CancellationToken cancellationToken
    )
    {
        var question = AskablePrograms.CniVersions(name, directory);
        var answer = await question.AskAsync(machine, machine.At($"{directory}/{name}"), cancellationToken);
        return answer.IsAnswered ? Parse(name, answer.Output) : new CniPlugin(name, [], answer.Problem);
    }

    internal static CniPlugin Parse(string name, string answer)
    {
        try
        {
            return JsonNode.Parse(answer)?["supportedVersions"] is JsonArray versions
                ? new CniPlugin(name, [.. versions.OfType<JsonValue>().Select(version => version.ToString())])
                : new CniPlugin(name, [], "its answer to VERSION has no supportedVersions");
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            return new CniPlugin(name, [], "its answer to VERSION is no JSON");
        }
    }
}
