namespace Holdfast.Cri;

/// <summary>A version of CRI. The messages of both are the same on the wire; only the service path differs.</summary>
internal enum CriApi
{
    V1,

    /// <summary>All that containerd up to 1.5 and CRI-O up to 1.20 speak; those of the years after know both.</summary>
    V1Alpha2,
}
