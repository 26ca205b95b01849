namespace Holdfast.Agent.Containers;

/// <summary>What pods may ask of their node: address and size. Immutable.</summary>
/// <param name="Address">Shown to pods as status.hostIP.</param>
internal sealed record NodeFacts(string Address, long MilliCpu, long MemoryBytes, long EphemeralStorageBytes);
