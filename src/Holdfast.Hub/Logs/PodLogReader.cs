using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Verbs;
using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Hub.Logs;

/// <summary>GET pods/NAME/log: finds the container and its file, then streams it. Thread-safe.</summary>
internal sealed class PodLogReader(NodePaths paths)
{
    public async Task RunAsync(ApiCall call)
    {
        var request = LogRequest.From(call.Request, call.Objects.Clock.GetUtcNow());
        var pod = call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name);
        var container = ContainerChoice.Choose(pod, request.Container);
        ContainerChoice.RequireNode(pod);

        var status = StatusOf(pod, container);
        var instance = (int)Math.Clamp(status.IntAt("restartCount") ?? 0, 0, int.MaxValue);
        if (request.Previous && instance == 0)
        {
            throw ApiException.BadRequest(
                $"previous terminated container \"{container}\" in pod \"{pod.MetaName}\" not found"
            );
        }

        instance -= request.Previous ? 1 : 0;
        var file = FileOf(pod, container, instance);
        if (!File.Exists(file))
        {
            RefuseMissing(pod, container, status, request.Previous);
        }

        call.Http.Response.ContentType = "text/plain";
        await using var stream = new LogStream(call, request, file, pod, container, instance);
        await stream.RunAsync(call.Token);
    }

    private string FileOf(JsonObject pod, string container, int instance) =>
        Path.Join(
            paths.PodLogsDirectory,
            PodLogPath.Container(pod.MetaNamespace, pod.MetaName, pod.Uid, container),
            PodLogPath.File(instance)
        );

    /// <summary>Without a file there is nothing yet, nothing any more, or nothing that was ever written.</summary>
    private static void RefuseMissing(JsonObject pod, string container, JsonObject? status, bool previous)
    {
        if (previous)
        {
            throw ApiException.BadRequest(
                $"previous terminated container \"{container}\" in pod \"{pod.MetaName}\" not found"
            );
        }

        if (status is null || status.At("state").ObjectAt("waiting") is not null)
        {
            var reason = status.At("state", "waiting").StringAt("reason") ?? "ContainerCreating";
            throw ApiException.BadRequest(
                $"container \"{container}\" in pod \"{pod.MetaName}\" is waiting to start: {reason}"
            );
        }
    }

    internal static JsonObject? StatusOf(JsonObject pod, string container)
    {
        var status = pod.ObjectAt("status");
        return status
            .ObjectsAt("containerStatuses")
            .Concat(status.ObjectsAt("initContainerStatuses"))
            .FirstOrDefault(c => c.StringAt("name") == container);
    }
}
