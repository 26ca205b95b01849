using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Holdfast.Agent.Containers;

namespace Holdfast.Agent.NodeStatus;

/// <summary>Reads what this node is: its address and size. Stateless.</summary>
internal static class NodeFactsReader
{
    // TEST-NET-1: connecting a UDP socket sends nothing, it only asks the kernel which source address it would take.
    private static readonly IPEndPoint Somewhere = new(IPAddress.Parse("192.0.2.1"), 9);

    /// <exception cref="AgentException">NodeUnreadable.</exception>
    public static NodeFacts Read(AgentOptions options)
    {
        Directory.CreateDirectory(options.Paths.StateDirectory);
        var disk = new DriveInfo(options.Paths.StateDirectory);
        return new NodeFacts(
            options.NodeAddress ?? FindAddress(),
            Environment.ProcessorCount * 1000L,
            ReadMemory(),
            disk.TotalSize
        );
    }

    private static string FindAddress()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(Somewhere);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            // There is no default route: a machine without a network is a node all the same.
            return NetworkInterface
                    .GetAllNetworkInterfaces()
                    .Where(i => i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                    .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                    .Select(a => a.Address)
                    .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork)
                    ?.ToString()
                ?? IPAddress.Loopback.ToString();
        }
    }

    private static long ReadMemory()
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields[0] == "MemTotal:")
            {
                return long.Parse(fields[1]) * 1024;
            }
        }

        throw new AgentException(
            AgentReason.NodeUnreadable,
            "cannot read the size of the memory: /proc/meminfo has no MemTotal"
        );
    }
}
