using Holdfast.Linux;

namespace Holdfast.Testing;

/// <summary>
/// What the tests on the real machine need: root and some packages of Debian. Says everything that is missing at once
/// and fails; a test that was not run has not passed.
/// </summary>
public sealed class MachineFixture
{
    private static readonly (string Package, string Path)[] Needed =
    [
        ("containerd", "/usr/bin/containerd"),
        ("containerd", "/usr/bin/ctr"),
        ("runc", "/usr/sbin/runc"),
        ("containernetworking-plugins", "/usr/lib/cni/bridge"),
        ("docker-registry", "/usr/bin/docker-registry"),
        ("skopeo", "/usr/bin/skopeo"),
        ("busybox-static", "/bin/busybox"),
        ("iproute2", "/sbin/ip"),
    ];

    public MachineFixture()
    {
        Require();
    }

    /// <exception cref="InvalidOperationException">Something is missing; the message says what to do.</exception>
    public static void Require()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("cannot test on this machine: not root; run the tests with sudo");
        }

        var missing = Needed.Where(need => !File.Exists(need.Path)).Select(need => need.Package).Distinct().ToList();
        if (missing.Count > 0)
        {
            throw new InvalidOperationException(
                "cannot test on this machine: packages are missing; "
                    + $"run ./test, which installs them, or: apt-get install {string.Join(' ', missing)}"
            );
        }
    }

    /// <summary>Runs a command to its end; an exit code other than 0 is an error with all that the command said.</summary>
    internal static async Task<string> RunAsync(string file, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(new ChildCommand(file, arguments), TimeSpan.FromMinutes(5));
        return result.Succeeded
            ? result.StandardOutput
            : throw new InvalidOperationException(
                $"{file} {string.Join(' ', arguments)}: exit code {result.ExitCode}\n"
                    + result.StandardOutput
                    + result.StandardError
            );
    }
}
