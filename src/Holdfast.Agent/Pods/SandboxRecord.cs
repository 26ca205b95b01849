using Holdfast.Agent.Runtimes;

namespace Holdfast.Agent.Pods;

/// <summary>What a worker knows of one sandbox of its pod. Mutable; touched only by the worker's own turn.</summary>
internal sealed class SandboxRecord(RuntimeState runtime, string id, uint attempt, string handler)
{
    public RuntimeState Runtime { get; } = runtime;

    public string Id { get; } = id;

    public uint Attempt { get; } = attempt;

    /// <summary>"" for the endpoint's default handler.</summary>
    public string Handler { get; } = handler;

    public bool IsReady { get; set; } = true;

    /// <summary>Whether the runtime has stopped it for us, so that its network is released.</summary>
    public bool IsStopped { get; set; }

    public IReadOnlyList<string> Ips { get; set; } = [];

    public long ChangedAt { get; set; }
}
