using Holdfast.Document;
using Holdfast.Node.Runtimes.Cni;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The bridge of the pods and its subnet, beside the networks that the machine has already.</summary>
internal static class BridgeChecks
{
    private const string OtherName = "give the node document's bridge another name: spec.network.bridge.name";

    /// <summary>A subnet that the host reaches elsewhere would be lost to the host, and pods to each other.</summary>
    public static PreflightFinding? SubnetInUse(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        // Once our bridge is there the harm is done: refusing every further up would only keep it from being mended.
        var severity = survey.HostNetwork.Interfaces.Contains(bridge.Name)
            ? PreflightSeverity.Warning
            : PreflightSeverity.Error;
        return PodSubnets.FindConflict(survey, bridge) is { } conflict
            ? new PreflightFinding(severity, $"the pods' subnet {conflict}", PodSubnets.Propose(survey, bridge))
            : null;
    }

    public static PreflightFinding? NotABridge(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var name = spec.Network.Bridge.Name;
        return survey.HostNetwork.Interfaces.Contains(name) && survey.HostNetwork.Bridges.All(b => b.Name != name)
            ? Error($"there is an interface {name}, and it is no bridge", OtherName)
            : null;
    }

    /// <summary>A bridge of that name that is not the pods', or not only theirs.</summary>
    public static PreflightFinding? OfAnother(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        return survey.HostNetwork.Bridges.FirstOrDefault(b => b.Name == bridge.Name) is not { } found ? null
            : found.HardwarePorts.Count > 0
                ? Error(
                    $"the bridge {bridge.Name} belongs to the machine's own network: {string.Join(", ", found.HardwarePorts)} is on it",
                    OtherName
                )
            : !IsOurs(survey, bridge) && FindOtherAddress(survey, bridge) is { } address
                ? Error(
                    $"the bridge {bridge.Name} belongs to another network: it has {address}, not {bridge.EffectiveGateway} of {bridge.Subnet}",
                    OtherName
                )
            : null;
    }

    /// <summary>From an older node document the bridge is ours, and goes when no pod hangs on it.</summary>
    public static PreflightFinding? OldAddress(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        var isWithoutHardware = survey.HostNetwork.Bridges.Any(b =>
            b.Name == bridge.Name && b.HardwarePorts.Count == 0
        );
        return isWithoutHardware && IsOurs(survey, bridge) && FindOtherAddress(survey, bridge) is { } address
            ? Warning(
                $"the bridge {bridge.Name} still has {address} from an older node document: new pods get no address",
                $"when no pod runs any more: ip link delete {bridge.Name} (the next pod makes it anew)"
            )
            : null;
    }

    private static bool IsOurs(MachineSurvey survey, BridgeSpec bridge) =>
        survey.CniNetworks.Any(network =>
            network.FileName == CniNetworkChange.FileName && network.Bridges.Contains(bridge.Name)
        );

    /// <summary>Its network when that is not the subnet, or its address there when that is not the gateway.</summary>
    private static string? FindOtherAddress(MachineSurvey survey, BridgeSpec bridge)
    {
        var networks = survey
            .HostNetwork.Routes.Where(route => route.Interface == bridge.Name && route.Gateway is null)
            .Select(route => route.Network)
            .ToArray();
        var addresses = survey.HostNetwork.Addresses.Where(bridge.Subnet.Contains).ToArray();
        return networks.Length == 0 ? null
            : !networks.Contains(bridge.Subnet) ? $"the network {networks[0]}"
            : addresses.Length > 0 && !addresses.Contains(bridge.EffectiveGateway) ? $"the address {addresses[0]}"
            : null;
    }
}
