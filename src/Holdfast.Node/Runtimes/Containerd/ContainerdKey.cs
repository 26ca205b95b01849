using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>One key that containerd has to see.</summary>
internal sealed record ContainerdKey(TomlPath Path, TomlValue Value)
{
    /// <summary>Containerd's own default: it is not written down, but another value in the file is corrected.</summary>
    public bool IsBuiltIn { get; init; }

    /// <summary>The document does not name it: another value in the file stays.</summary>
    public bool IsUnnamed { get; init; }

    /// <summary>Messages name the key but never the value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Another key that means the same in other versions of containerd, with its value.</summary>
    public (TomlPath Path, TomlValue Value)? Alternative { get; init; }

    /// <summary>The document with this key.</summary>
    /// <param name="below">What counts where <paramref name="document"/> does not have the key: the file that it is laid over.</param>
    public TomlDocument WriteTo(TomlDocument document, TomlDocument? below = null)
    {
        var said = document.Get(Path) ?? below?.Get(Path);
        var isSilent = said is null or TomlString { Value: "" };
        return (isSilent ? IsBuiltIn : IsUnnamed) ? document : document.Set(Path, Value);
    }

    /// <summary>What is wrong in what containerd says that it sees; null when it sees what was meant.</summary>
    public string? FindFault(TomlDocument seen)
    {
        var found = seen.Get(Path);
        if (found is null ? IsBuiltIn : IsUnnamed || found.Equals(Value))
        {
            return null;
        }
        if (Alternative is { } other && seen.Get(other.Path)?.Equals(other.Value) == true)
        {
            return null;
        }
        var instead = found is null ? "nothing" : found.ToString();
        return IsSecret ? $"{Path} is not what was meant" : $"{Path} is {instead} instead of {Value}";
    }
}
