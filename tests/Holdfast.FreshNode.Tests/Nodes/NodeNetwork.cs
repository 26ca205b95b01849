using System.Globalization;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Nodes;

/// <summary>
/// The wire between the nodes of this test process and the machine that runs it: one bridge, one address per node.
/// There is no way out of it, as on an edge node whose uplink is down. Safe from any thread.
/// </summary>
internal static class NodeNetwork
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static readonly int Number = 1 + (Environment.ProcessId % 250);
    private static int lastHost = 1;
    private static bool isUp;

    /// <summary>At most 15 bytes, the limit of the kernel.</summary>
    public static string Bridge { get; } = string.Create(CultureInfo.InvariantCulture, $"hft{Environment.ProcessId}");

    /// <summary>Where the machine that runs the tests can be reached from every node.</summary>
    public static string Gateway { get; } = string.Create(CultureInfo.InvariantCulture, $"10.199.{Number}.1");

    public static string NextAddress() =>
        string.Create(CultureInfo.InvariantCulture, $"10.199.{Number}.{Interlocked.Increment(ref lastHost)}");

    public static async Task EnsureAsync()
    {
        await Gate.WaitAsync();
        try
        {
            if (isUp)
            {
                return;
            }

            await IpAsync("link", "add", Bridge, "type", "bridge");
            await IpAsync("addr", "add", Gateway + "/24", "dev", Bridge);
            await IpAsync("link", "set", Bridge, "up");
            AppDomain.CurrentDomain.ProcessExit += (_, _) => IpAsync("link", "del", Bridge).Wait();
            isUp = true;
        }
        finally
        {
            Gate.Release();
        }
    }

    private static Task IpAsync(params string[] arguments) =>
        RequiredCommand.RunAsync(
            "cannot set up the test network",
            new ChildCommand("ip", arguments),
            TimeSpan.FromSeconds(10)
        );
}
