using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Verbs;
using Holdfast.Kube;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Streams;

/// <summary>GET and POST on pods/NAME/exec, attach and portforward: what is asked for, and of which container. Thread-safe.</summary>
internal sealed class StreamVerbs(IPodStreams streams, StreamBridge bridge)
{
    public Task ExecAsync(ApiCall call)
    {
        var (pod, container) = FindContainer(call);
        string[] command = [.. call.Request.Query["command"].OfType<string>()];
        return RunAsync(call, wanted => streams.ExecAsync(TargetOf(pod), container, command, wanted, call.Token));
    }

    public Task AttachAsync(ApiCall call)
    {
        var (pod, container) = FindContainer(call);

        // Whether a process has a terminal is decided when it starts.
        var hasTerminal = ContainerChoice.Find(pod, container).BoolAt("tty");
        return RunAsync(
            call,
            wanted => streams.AttachAsync(TargetOf(pod), container, wanted with { Tty = hasTerminal }, call.Token)
        );
    }

    public Task PortForwardAsync(ApiCall call)
    {
        var pod = call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name);
        ContainerChoice.RequireNode(pod);
        return bridge.RunAsync(
            call.Http,
            () => streams.PortForwardAsync(TargetOf(pod), PortsOf(call.Request), call.Token),
            call.Token
        );
    }

    private Task RunAsync(ApiCall call, Func<ContainerStreams, Task<Uri>> open) =>
        bridge.RunAsync(call.Http, () => open(StreamsOf(call.Request)), call.Token);

    private static (JsonObject Pod, string Container) FindContainer(ApiCall call)
    {
        var pod = call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name);
        var container = ContainerChoice.Choose(pod, call.Request.Text("container"));
        ContainerChoice.RequireNode(pod);
        return (pod, container);
    }

    private static PodTarget TargetOf(JsonObject pod) => new(pod.MetaNamespace, pod.MetaName, pod.Uid);

    private static ContainerStreams StreamsOf(HttpRequest request)
    {
        var tty = request.Flag("tty");
        var wanted = new ContainerStreams(
            request.Flag("stdin"),
            request.Flag("stdout"),
            request.Flag("stderr") && !tty,
            tty
        );
        return wanted is { Stdin: false, Stdout: false, Stderr: false }
            ? throw StreamRefusal.BadRequest("you must specify at least 1 of stdin, stdout, stderr")
            : wanted;
    }

    /// <summary>Numbers between commas, in one parameter or in several.</summary>
    private static List<int> PortsOf(HttpRequest request)
    {
        var ports = new List<int>();
        foreach (var text in request.Query["ports"].OfType<string>().SelectMany(p => p.Split(',')))
        {
            ports.Add(
                ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
                    ? port
                    : throw StreamRefusal.BadRequest($"unable to parse \"{text}\" as a port")
            );
        }

        return ports;
    }
}
