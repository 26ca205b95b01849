using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;
using Holdfast.Node.Services;

namespace Holdfast.Node.Components;

/// <summary>The resources that make a service run under whichever manager the machine has. Stateless.</summary>
internal static class ServiceSteps
{
    /// <param name="configFiles">What the service reads at its start; a later change of them restarts it.</param>
    /// <param name="readySocket">Unix socket that answers when the service is ready; null when running is enough.</param>
    public static IEnumerable<IResource> For(
        ServiceDefinition service,
        MachineFacts facts,
        IReadOnlyList<string> configFiles,
        string? readySocket = null,
        string? why = null
    )
    {
        IReadOnlyList<string> files = configFiles;
        if (facts.IsSystemd && !service.HasUnitFromPackage)
        {
            var unit = SystemdServices.UnitPath(service.Name);
            files = [.. configFiles, unit];
            yield return new FileResource(unit, SystemdUnit.Render(service))
            {
                Title = $"systemd knows the service {service.Name}",
                Mode = AtomicFile.DefaultMode,
            };
        }

        yield return new ServiceResource(service, files) { ReadySocket = readySocket, Why = why };
    }
}
