using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Holdfast.Cri.V1;

namespace Holdfast.Testing.Crio;

/// <summary>
/// A CRI-O that answers as a file of this directory says (README.md tells where the answers come from): the calls that it
/// has, the refusals in grpc-go's words of those that it has not, and the pages that its socket serves over HTTP/1.1.
/// </summary>
public sealed class RecordedCrio : IAsyncDisposable
{
    private const int Unimplemented = 12;

    private static readonly IReadOnlyList<ServiceDescriptor> Services =
    [
        .. RuntimeReflection.Descriptor.Services,
        .. ImageReflection.Descriptor.Services,
    ];

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);

    private RecordedCrio(FakeGrpcServer server) => Server = server;

    /// <summary>All that are recorded, oldest first.</summary>
    public static IReadOnlyList<string> Releases { get; } = ["1.20", "1.24", "1.26", "1.30", "1.34"];

    public FakeGrpcServer Server { get; }

    public string SocketPath => Server.SocketPath;

    /// <param name="variant">Another state of the same release, as the file names it; null: all is well.</param>
    public static async Task<RecordedCrio> StartAsync(string release, string? variant = null, string? socketPath = null)
    {
        var recorded = Read(release);
        JsonObject state = variant is null ? [] : recorded["variants"]![variant]!.AsObject();
        IReadOnlyList<JsonObject> layers = [state, recorded, Read("all")];
        var crio = new RecordedCrio(await FakeGrpcServer.StartAsync(socketPath));
        foreach (var api in new[] { "runtime.v1", "runtime.v1alpha2" })
        {
            var isThere = recorded["speaks"]!.AsArray().Any(name => (string)name! == api);
            crio.Serve(api, isThere ? Merge(layers, "calls") : null);
        }

        foreach (var (path, lines) in Merge(layers, "pages"))
        {
            var text = string.Join('\n', lines.Select(line => (string)line!)) + "\n";
            crio.Server.OnPage(path, () => text);
        }

        return crio;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static JsonObject Read(string release)
    {
        using var stream = typeof(RecordedCrio).Assembly.GetManifestResourceStream($"crio-{release}.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    /// <summary>What a variant says comes before what its release says, and that before what all say.</summary>
    private static Dictionary<string, JsonArray> Merge(IEnumerable<JsonObject> layers, string key) =>
        layers
            .SelectMany(layer => layer[key]?.AsObject() ?? [])
            .DistinctBy(entry => entry.Key)
            .ToDictionary(entry => entry.Key, entry => entry.Value!.AsArray());

    /// <param name="calls">Null: this version of CRI is not spoken.</param>
    private void Serve(string api, Dictionary<string, JsonArray>? calls)
    {
        foreach (var service in Services)
        {
            foreach (var method in service.Methods)
            {
                var cases = calls?.GetValueOrDefault($"{service.Name}/{method.Name}");
                var refusal = calls is null
                    ? $"unknown service {api}.{service.Name}"
                    : $"unknown method {method.Name} for service {api}.{service.Name}";
                Server.On(
                    $"/{api}.{service.Name}/{method.Name}",
                    call =>
                    {
                        if (cases is null)
                        {
                            call.Refuse(Unimplemented, refusal);
                            return Task.CompletedTask;
                        }

                        var request = JsonNode.Parse(Formatter.Format(call.Request(method.InputType.Parser)))!;
                        return AnswerAsync(call, method, cases.First(one => Fits(one!, request))!);
                    }
                );
            }
        }
    }

    private static async Task AnswerAsync(FakeCall call, MethodDescriptor method, JsonNode recorded)
    {
        if (recorded["error"] is { } error)
        {
            call.Refuse((int)error["code"]!, (string)error["message"]!);
        }
        else if (recorded["stream"] is JsonArray messages)
        {
            call.Begin();
            foreach (var message in messages)
            {
                await call.WriteAsync(Parser.Parse(message!.ToJsonString(), method.OutputType));
            }

            await Task.Delay((bool?)recorded["staysOpen"] == true ? Timeout.Infinite : 0, call.Ended);
            call.End(0, "");
        }
        else
        {
            await call.AnswerAsync(Parser.Parse(recorded["answer"]!.ToJsonString(), method.OutputType));
        }
    }

    /// <summary>Whether a request has the fields of "when": paths with dots, compared as text; a star fits all but nothing.</summary>
    private static bool Fits(JsonNode recorded, JsonNode request) =>
        recorded["when"]?.AsObject().All(field => Fits(field.Value!.ToString(), Find(request, field.Key))) ?? true;

    private static bool Fits(string wanted, string found) => wanted == "*" ? found.Length > 0 : wanted == found;

    private static string Find(JsonNode request, string path) =>
        path.Split('.').Aggregate((JsonNode?)request, (node, name) => (node as JsonObject)?[name])?.ToString() ?? "";
}
