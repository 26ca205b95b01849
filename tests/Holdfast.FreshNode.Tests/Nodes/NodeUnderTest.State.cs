namespace Holdfast.FreshNode.Tests.Nodes;

internal abstract partial class NodeUnderTest
{
    private const int MostLinesShown = 60;

    /// <summary>What <c>up</c> may change and <c>down</c> must put back: files, kernel parameters, modules, services.</summary>
    public async Task<IReadOnlyList<string>> ReadStateAsync()
    {
        var tree = await ReadTreeAsync();
        var kernel = await RequireAsync(
            "sysctl net.ipv4.ip_forward net.bridge net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter 2>/dev/null; "
                + "ip -br link | awk -F'[@ ]' '{print \"link\", $1}'; "
                + "ls -d /run/holdfast /run/containerd 2>/dev/null; "
                + "test ! -d /run/systemd/system || systemctl list-units --type=service --state=running --no-legend --plain | awk '{print \"service\", $1}' | grep -v user@ || true"
        );
        return [.. (tree + kernel).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>Fails the test with every line that is new, changed or gone.</summary>
    /// <param name="matters">Which lines are compared; all when null.</param>
    public async Task AssertStateAsync(IReadOnlyList<string> before, Func<string, bool>? matters = null)
    {
        var after = await ReadStateAsync();
        var differences = before
            .Except(after)
            .Select(line => "- " + line)
            .Concat(after.Except(before).Select(line => "+ " + line))
            .Where(line => matters?.Invoke(line) ?? true)
            .ToList();
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(MostLinesShown)));
    }

    /// <summary>What <c>tree-state.sh</c> prints of the node's disk.</summary>
    protected abstract Task<string> ReadTreeAsync();
}
