using Holdfast.Cri;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Cri;

/// <summary>One real containerd for the tests of one class.</summary>
public abstract class CriContractFixture(string api, string line = Containerds.V1_6) : IAsyncLifetime
{
    private readonly TemporaryDirectory logs = new();

    public string Api { get; } = api;

    /// <summary>Begin of the runtime's version.</summary>
    public string Line { get; } = line;

    public string Logs => logs.Path;

    public PrivateContainerd Containerd { get; private set; } = null!;

    public RuntimeEndpoint Endpoint { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Containerd = await PrivateContainerd.StartAsync(new PrivateContainerdOptions { Line = Line });
        Endpoint = Connect(new RuntimeEndpointOptions("containerd", await SocketAsync()) { Handlers = ["runc"] });
    }

    public virtual async Task DisposeAsync()
    {
        if (Endpoint is not null)
        {
            await Endpoint.DisposeAsync();
        }

        if (Containerd is not null)
        {
            await Containerd.DisposeAsync();
        }

        logs.Dispose();
    }

    public RuntimeEndpoint Connect(RuntimeEndpointOptions options) =>
        new(options, TimeProvider.System, NullLoggerFactory.Instance);

    protected abstract Task<string> SocketAsync();
}

/// <summary>A runtime that speaks v1 itself.</summary>
public abstract class CriV1FixtureOf(string line) : CriContractFixture("v1", line)
{
    protected override Task<string> SocketAsync() => Task.FromResult(Containerd.SocketPath);
}

public sealed class CriV1Fixture() : CriV1FixtureOf(Containerds.V1_6);

public sealed class Containerd17Fixture() : CriV1FixtureOf(Containerds.V1_7);

public sealed class Containerd2Fixture() : CriV1FixtureOf(Containerds.V2);

/// <summary>A runtime of yesterday, which knows v1alpha2 only.</summary>
public sealed class CriV1Alpha2Fixture() : CriContractFixture("v1alpha2")
{
    private OldRuntimeProxy? proxy;

    public override async Task DisposeAsync()
    {
        if (proxy is not null)
        {
            await proxy.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    protected override async Task<string> SocketAsync()
    {
        proxy = await OldRuntimeProxy.StartAsync(Containerd.SocketPath);
        return proxy.SocketPath;
    }
}

public sealed class CriV1Tests(CriV1Fixture fixture) : CriContract(fixture), IClassFixture<CriV1Fixture>;

public sealed class Containerd17Tests(Containerd17Fixture fixture)
    : CriContract(fixture),
        IClassFixture<Containerd17Fixture>;

public sealed class Containerd2Tests(Containerd2Fixture fixture)
    : CriContract(fixture),
        IClassFixture<Containerd2Fixture>;

public sealed class CriV1Alpha2Tests(CriV1Alpha2Fixture fixture)
    : CriContract(fixture),
        IClassFixture<CriV1Alpha2Fixture>;
