namespace Holdfast.Agent.Volumes;

/// <summary>One file of a volume made from objects. Immutable.</summary>
/// <param name="Path">Relative to the volume; may have directories.</param>
internal sealed record PayloadFile(string Path, byte[] Content, UnixFileMode Mode);
