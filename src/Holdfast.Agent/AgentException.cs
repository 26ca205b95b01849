namespace Holdfast.Agent;

/// <summary>Why the agent cannot do a thing for a pod. The name is what a person sees as reason in an event or status.</summary>
public enum AgentReason
{
    /// <summary>A volume cannot be made, or what it is made from does not exist (yet).</summary>
    FailedMount,

    /// <summary>The pod asks for a handler or a sandbox setting that this node cannot give.</summary>
    FailedCreatePodSandBox,

    /// <summary>The container's configuration names something that does not exist or contradicts itself.</summary>
    CreateContainerConfigError,

    /// <summary>The image's name cannot be understood.</summary>
    InvalidImageName,

    /// <summary>The node itself cannot be described.</summary>
    NodeUnreadable,
}

/// <summary>An expected failure of the agent, with a reason a program can act on.</summary>
public sealed class AgentException : Exception
{
    public AgentException(AgentReason reason, string message)
        : base(message) => Reason = reason;

    public AgentException(AgentReason reason, string message, Exception inner)
        : base(message, inner) => Reason = reason;

    public AgentReason Reason { get; }
}
