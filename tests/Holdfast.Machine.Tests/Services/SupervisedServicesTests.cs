using Holdfast.Changes.Services;
using Holdfast.Linux;
using Holdfast.Testing.Crasher;

namespace Holdfast.Machine.Tests.Services;

/// <summary>The contract with real supervisors.</summary>
public sealed class SupervisedServicesTests : ServiceManagerContract
{
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-services-").FullName;

    protected override IServiceManager Services
    {
        get
        {
            var paths = new NodePaths(top);
            return new SupervisedServices(
                paths,
                [.. NodeScenario.ChildCommand, "supervise", paths.ServicesDirectory],
                TimeProvider.System
            );
        }
    }

    public override Task InitializeAsync() => Task.CompletedTask;

    public override async Task DisposeAsync()
    {
        await Services.StopAsync(Service, stop: true, disable: true, CancellationToken.None);
        Directory.Delete(top, recursive: true);
    }

    protected override Task DefineAsync(ServiceDefinition service) => Task.CompletedTask;

    protected override Task KillAsync(int processId)
    {
        ProcessTable.Signal(ProcessTable.Identify(processId)!, ProcessTable.SigKill);
        return Task.CompletedTask;
    }
}
