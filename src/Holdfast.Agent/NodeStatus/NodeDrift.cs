namespace Holdfast.Agent.NodeStatus;

/// <summary>Whether the machine is still what its document says. Immutable.</summary>
/// <param name="IsDrifted">Null when it could not be found out.</param>
/// <param name="Summary">What differs and who is suspected, or why it could not be found out; for people.</param>
public sealed record NodeDrift(bool? IsDrifted, string Summary);
