using Holdfast.Linux;

namespace Holdfast.Machine.Tests.Hub;

/// <summary>
/// Debian's kubectl 1.20, unpacked beside the newer one that may be installed: the package is fetched once per machine and
/// never installed.
/// </summary>
internal static class OldKubectl
{
    private static readonly string Cache = Path.Join(Path.GetTempPath(), "holdfast-tests", "kubectl-1.20");
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(3);
    private static readonly SemaphoreSlim Once = new(1);

    public static async Task<string> FindAsync()
    {
        var program = Path.Join(Cache, "usr/bin/kubectl");
        await Once.WaitAsync();
        try
        {
            if (!File.Exists(program))
            {
                Directory.CreateDirectory(Cache);
                await ChildProcess.RequireAsync(
                    "cannot download kubectl 1.20",
                    new ChildCommand("apt-get", "download", "kubernetes-client") { WorkingDirectory = Cache },
                    DownloadLimit
                );
                var package = Directory.GetFiles(Cache, "kubernetes-client_*.deb").Single();
                await ChildProcess.RequireAsync(
                    "cannot unpack kubectl 1.20",
                    new ChildCommand("dpkg", "-x", package, Cache),
                    DownloadLimit
                );
            }

            return program;
        }
        finally
        {
            Once.Release();
        }
    }
}
