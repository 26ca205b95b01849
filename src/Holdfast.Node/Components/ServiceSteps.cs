using Holdfast.Node.Facts;

namespace Holdfast.Node.Components;

/// <summary>Temporary: <see cref="ServiceChange.StepsFor"/>.</summary>
internal static class ServiceSteps
{
    public static IEnumerable<IStep> For(
        ServiceDefinition service,
        MachineFacts facts,
        IReadOnlyList<string> configFiles,
        string? readySocket = null,
        string? why = null
    ) => ServiceChange.StepsFor(service, facts.IsSystemd, configFiles, readySocket, why);
}
