using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Discovery;

/// <summary>The /version document. Clients compare versions for skew, so it names the Kubernetes API level that is served.</summary>
internal static class VersionPage
{
    /// <summary>The API reference this server is written from.</summary>
    private const string Major = "1";
    private const string Minor = "32";

    public static JsonObject Document() =>
        new()
        {
            ["major"] = Major,
            ["minor"] = Minor,
            ["gitVersion"] = $"v{Major}.{Minor}.0+holdfast",
            ["gitCommit"] = "",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "1970-01-01T00:00:00Z",
            ["goVersion"] = "",
            ["compiler"] = "dotnet",
            ["platform"] = $"linux/{Architecture()}",
        };

    private static string Architecture() =>
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            var other => other.ToString().ToLowerInvariant(),
        };
}
