using System.Text.Json.Nodes;

namespace Holdfast.Benchmarks;

/// <summary>The pod that both sides start: one container that sleeps, on the pods' network.</summary>
internal static class PodTemplate
{
    public const string Namespace = "default";
    public const string Container = "main";
    public const string Image = "holdfast.local/busybox:1";
    public static readonly string[] Command = ["/bin/sleep", "infinity"];

    public static JsonObject Json(string name) =>
        new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject { ["app"] = "bench" },
            },
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = "Never",
                ["terminationGracePeriodSeconds"] = 1,
                ["containers"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = Container,
                        ["image"] = Image,
                        ["imagePullPolicy"] = "IfNotPresent",
                        ["command"] = new JsonArray([.. Command.Select(word => JsonValue.Create(word))]),
                    }
                ),
            },
        };
}
