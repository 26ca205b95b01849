using Holdfast.Agent.Images;
using Holdfast.Agent.Pods;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Agent.Tests.Pods;

/// <summary>Containers and sandboxes in whatever state a test needs.</summary>
internal static class TestRecords
{
    public static readonly RuntimeState Runtime = MakeRuntime();

    public static SandboxRecord Sandbox(string id = "s0", bool isReady = true) =>
        new(Runtime, id, 0, "runc") { IsReady = isReady, Ips = ["10.1.2.3"] };

    public static ContainerRecord New(string name = "a", ContainerRole role = ContainerRole.Main) =>
        new(TestPods.Container(name), role);

    public static ContainerRecord Running(
        string name = "a",
        ContainerRole role = ContainerRole.Main,
        string sandbox = "s0"
    )
    {
        var record = New(name, role);
        record.Id = name + "-id";
        record.SandboxId = sandbox;
        record.Phase = ContainerPhase.Running;
        record.StartedAt = TestPods.Now;
        return record;
    }

    public static ContainerRecord Exited(
        int code,
        string name = "a",
        ContainerRole role = ContainerRole.Main,
        string sandbox = "s0"
    )
    {
        var record = Running(name, role, sandbox);
        record.MarkExited(code, TestPods.Now, null, null);
        return record;
    }

    private static RuntimeState MakeRuntime()
    {
        var options = new RuntimeEndpointOptions("containerd", "/nowhere.sock") { Handlers = ["runc"] };
        var endpoint = new RuntimeEndpoint(options, TimeProvider.System, NullLoggerFactory.Instance);
        return new RuntimeState(endpoint, 1, new ImageStore(endpoint));
    }
}
