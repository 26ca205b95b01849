using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Hub.Pki;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Http;

/// <summary>
/// Kestrel with its two doors, HTTPS and the unix socket, without the generic host: no configuration, no signal
/// handlers, no middleware that this server does not use. Started and stopped once.
/// </summary>
internal sealed class HubListener(
    HubOptions options,
    HubCertificates certificates,
    Func<CancellationToken, Task> renew,
    RequestDelegate handler,
    ILoggerFactory loggers
) : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = OwnerOnly | UnixFileMode.UserExecute;

    private WebApplication? application;
    private IServer? server;

    /// <summary>The port that is listened on, once started.</summary>
    public int Port { get; private set; }

    public async Task StartAsync(CancellationToken ct)
    {
        PrepareSocketPlace();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ConfigureKestrel);

        // Only Kestrel is wanted of the application: it is never run, so no host takes over signals or the console.
        application = builder.Build();
        server = application.Services.GetRequiredService<IServer>();
        try
        {
            await server.StartAsync(new HandlerApplication(handler), ct);
            File.SetUnixFileMode(options.Paths.HubSocket, OwnerOnly);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new HubException(
                HubReason.AddressInUse,
                $"cannot listen on {options.ListenAddress}:{options.Port}: another process already does. Stop that process "
                    + "(`ss -ltnp` shows it) or choose another port.",
                e
            );
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            throw new HubException(
                HubReason.CannotListen,
                $"cannot listen on {options.ListenAddress}:{options.Port} and {options.Paths.HubSocket}: {e.Message}",
                e
            );
        }

        Port = BoundPort();
    }

    public Task StopAsync(CancellationToken ct) => server?.StopAsync(ct) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (application is not null)
        {
            await application.DisposeAsync();
        }
    }

    private void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // RequestBody has the limit: when Kestrel has it, it hangs up before the client has read why.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Listen(options.ListenAddress, options.Port, UseTls);
        kestrel.ListenUnixSocket(
            options.Paths.HubSocket,
            listen =>
                listen.Use(next =>
                    connection =>
                    {
                        connection.Features.Set(OwnerConnection.Mark);
                        return next(connection);
                    }
                )
        );
    }

    private void PrepareSocketPlace()
    {
        try
        {
            // The directory is the lock of the door for the moment between bind and chmod.
            Directory.CreateDirectory(Path.GetDirectoryName(options.Paths.HubSocket)!, DirectoryMode);

            // A socket file outlives a killed process; that no other one runs is the store's lock to ensure.
            File.Delete(options.Paths.HubSocket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(
                HubReason.CannotListen,
                $"cannot listen on {options.Paths.HubSocket}: {e.Message}",
                e
            );
        }
    }

    private void UseTls(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(
            new TlsHandshakeCallbackOptions
            {
                // Asked for each handshake, so that a renewed certificate is used without a restart.
                OnConnection = async context =>
                {
                    await renew(context.CancellationToken);
                    return new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = certificates.Server,
                        ClientCertificateRequired = true,
                        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => IsAllowed(certificate),
                        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                    };
                },
            }
        );
    }

    /// <summary>No certificate is let in, for health and version; a foreign one is turned away at the door.</summary>
    private bool IsAllowed(X509Certificate? certificate) =>
        certificate is null || (certificate is X509Certificate2 x509 && certificates.IsTrustedClient(x509));

    private int BoundPort()
    {
        var addresses = server!.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        foreach (var address in addresses)
        {
            if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps)
            {
                return uri.Port;
            }
        }

        return options.Port;
    }

    /// <summary>Gives each request to the handler; contexts are not pooled, requests of a node are few.</summary>
    private sealed class HandlerApplication(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception) { }
    }
}

/// <summary>Set on connections that came through the unix socket, which only the owner of the node can open.</summary>
internal sealed class OwnerConnection
{
    public static OwnerConnection Mark { get; } = new();
}
