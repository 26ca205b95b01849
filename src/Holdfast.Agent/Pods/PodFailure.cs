namespace Holdfast.Agent.Pods;

/// <summary>Why a pod as a whole has failed, whatever its containers did. Immutable.</summary>
internal sealed record PodFailure(string Reason, string Message);
