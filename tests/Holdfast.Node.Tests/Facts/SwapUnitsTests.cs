using Holdfast.Node.Facts;

namespace Holdfast.Node.Tests.Facts;

public sealed class SwapUnitsTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("/run/systemd/generator/dev-zram0.swap", "dev-zram0.swap")]
    [InlineData("/etc/systemd/system/swapfile.swap", "swapfile.swap")]
    [InlineData("/usr/lib/systemd/system/zramswap.service", "zramswap.service")]
    public async Task Unit_that_makes_swap_is_known_also_when_it_is_masked(string file, string unit)
    {
        node.Write(file, "[Unit]\nDescription=swap\n");
        node.Answer("systemctl");
        Assert.Equal([unit], SwapUnits.List(node.Machine, []));

        await node.ApplyAsync(new MaskedUnitChange(unit));

        Assert.Equal([unit], SwapUnits.List(node.Machine, []));
    }

    /// <summary>systemd makes them of partitions of swap's type, once fstab has no line of swap.</summary>
    [Fact]
    public void Units_that_systemd_would_make_of_partitions_in_use_are_known_before_they_are_there() =>
        Assert.Equal(
            ["dev-mapper-vg\\x2dswap.swap", "dev-sda2.swap"],
            SwapUnits.List(node.Machine, ["/dev/sda2", "/swap.file", "/dev/zram0", "/dev/mapper/vg-swap"])
        );

    [Fact]
    public void Swap_units_that_systemd_made_of_fstab_are_masked_too_and_other_services_are_not()
    {
        node.Write("/run/systemd/generator/dev-sda2.swap", "[Unit]\nSourcePath=/etc/fstab\n[Swap]\nWhat=/dev/sda2\n");
        node.Write("/etc/systemd/system/nginx.service", "");
        Assert.Equal(["dev-sda2.swap"], SwapUnits.List(node.Machine, []));
    }
}
