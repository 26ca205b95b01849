using System.Net;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Hub.Pki;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Hub.Tests.Pki;

public sealed class PkiTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Without_a_certificate_only_health_and_version_are_told()
    {
        using var client = Client(null);

        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
        Assert.Contains("gitVersion", await client.GetStringAsync("/version"));
        foreach (
            var path in (string[])
                ["/", "/api", "/apis", "/api/v1/pods", "/openapi/v2", "/openapi/v3", "/metrics", "/nowhere"]
        )
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path)).StatusCode);
        }
    }

    [Fact]
    public async Task The_administrators_certificate_opens_everything()
    {
        using var admin = Load("admin");
        using var client = Client(admin);

        Assert.Contains("default", await client.GetStringAsync("/api/v1/namespaces"));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_turned_away()
    {
        using var authority = CertificateMaker.Authority("other", TimeProvider.System.GetUtcNow());
        using var foreign = CertificateMaker.Admin(authority, TimeProvider.System.GetUtcNow());
        using var client = Client(foreign);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task The_servers_own_certificate_is_no_client_certificate()
    {
        using var server = Load("server");
        using var client = Client(server);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync("/api"));
    }

    [Fact]
    public void Keys_kubeconfig_and_socket_belong_to_the_owner_alone()
    {
        foreach (
            var path in Directory
                .GetFiles(hub.Paths.PkiDirectory)
                .Append(hub.Paths.AdminKubeconfig)
                .Append(hub.Paths.HubSocket)
        )
        {
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        }

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(hub.Paths.PkiDirectory));
    }

    [Fact]
    public async Task The_kubeconfig_names_the_address_and_carries_the_keys()
    {
        var text = await File.ReadAllTextAsync(hub.Paths.AdminKubeconfig);

        Assert.Contains($"server: https://127.0.0.1:{hub.Port}", text);
        Assert.Contains("client-key-data: ", text);
        Assert.Contains("certificate-authority-data: ", text);
    }

    [Fact]
    public async Task Certificates_are_kept_and_renewed_before_their_end()
    {
        var directory = Directory.CreateTempSubdirectory("holdfast-pki-");
        try
        {
            var clock = new SetClock(TimeProvider.System.GetUtcNow());
            var certificates = new HubCertificates(
                new HubOptions("n", new Linux.NodePaths(directory.FullName)),
                clock,
                NullLogger.Instance
            );
            await certificates.LoadAsync(CancellationToken.None);
            var first = (Ca: certificates.Authority.Thumbprint, Admin: certificates.Admin.Thumbprint);
            await certificates.LoadAsync(CancellationToken.None);
            Assert.Equal(first.Admin, certificates.Admin.Thumbprint);

            clock.Now += TimeSpan.FromDays(300);
            await certificates.LoadAsync(CancellationToken.None);
            Assert.Equal(first.Ca, certificates.Authority.Thumbprint);
            Assert.NotEqual(first.Admin, certificates.Admin.Thumbprint);
            Assert.True(certificates.IsTrustedClient(certificates.Admin));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Unreadable_certificates_say_what_to_do()
    {
        var directory = Directory.CreateTempSubdirectory("holdfast-pki-");
        try
        {
            var options = new HubOptions("n", new Linux.NodePaths(directory.FullName));
            Directory.CreateDirectory(options.Paths.PkiDirectory);
            await File.WriteAllTextAsync(Path.Join(options.Paths.PkiDirectory, "ca.crt"), "garbage");
            await File.WriteAllTextAsync(Path.Join(options.Paths.PkiDirectory, "ca.key"), "garbage");
            var failure = await Assert.ThrowsAsync<HubException>(() =>
                new HubCertificates(options, TimeProvider.System, NullLogger.Instance)
                    .LoadAsync(CancellationToken.None)
                    .AsTask()
            );

            Assert.Equal(HubReason.Pki, failure.Reason);
            Assert.Contains("Restore the directory from a backup", failure.Message);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private X509Certificate2 Load(string name) =>
        X509Certificate2.CreateFromPemFile(Path.Join(hub.Paths.PkiDirectory, $"{name}.pem"));

    private HttpClient Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, server, _, _) =>
        {
            using var authority = Load("ca");
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust } };
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            return chain.Build((X509Certificate2)server!);
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{hub.Port}") };
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
