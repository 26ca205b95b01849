namespace Holdfast.Node.Software.Bundles;

/// <summary>A machine that takes its software from a bundle.</summary>
public static class MachineBundle
{
    extension(Machine machine)
    {
        /// <summary>Null where software comes from the network.</summary>
        public Bundle? Bundle => machine.Source as Bundle;

        /// <summary>The same machine, with everything that it needs from elsewhere in one file.</summary>
        public Machine WithBundle(Bundle? bundle) => machine.WithSource(bundle);
    }
}
