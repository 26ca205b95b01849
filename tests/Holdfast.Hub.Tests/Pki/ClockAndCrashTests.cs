using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Hub.Pki;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Hub.Tests.Pki;

/// <summary>Certificates survive wrong clocks and what a crash may leave.</summary>
public sealed class ClockAndCrashTests : IDisposable
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch.AddMinutes(1);
    private readonly TemporaryDirectory directory = new();
    private readonly FakeTimeProvider clock = new(Epoch);
    private readonly HubOptions options;

    public ClockAndCrashTests() => options = new HubOptions("n", new Linux.NodePaths(directory.Path));

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Certificates_made_in_1970_are_good_then_and_now()
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        Assert.True(certificates.IsTrustedClient(certificates.Admin));
        var authority = certificates.Authority.Thumbprint;

        clock.Advance(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero) - Epoch);
        Assert.True(certificates.IsTrustedClient(certificates.Admin));
        await certificates.LoadAsync(CancellationToken.None);
        Assert.Equal(authority, certificates.Authority.Thumbprint);
        Assert.True(certificates.IsTrustedClient(certificates.Admin));
    }

    [Fact]
    public async Task A_clock_that_jumps_over_the_end_of_the_leaves_has_them_renewed_at_once()
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        var admin = certificates.Admin.Thumbprint;
        clock.Advance(new DateTimeOffset(2029, 1, 1, 0, 0, 0, TimeSpan.Zero) - Epoch);
        Assert.False(certificates.IsTrustedClient(certificates.Admin));

        Assert.True(await certificates.LoadAsync(CancellationToken.None));
        Assert.NotEqual(admin, certificates.Admin.Thumbprint);
        Assert.True(certificates.IsTrustedClient(certificates.Admin));
        Assert.False(await certificates.LoadAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(2034)]
    [InlineData(2099)]
    public async Task An_authority_is_renewed_before_it_can_sign_no_more(int year)
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        var authority = certificates.Authority.Thumbprint;
        clock.Advance(new DateTimeOffset(year, 12, 31, 0, 0, 0, TimeSpan.Zero) - Epoch);
        await certificates.LoadAsync(CancellationToken.None);

        Assert.NotEqual(authority, certificates.Authority.Thumbprint);
        Assert.True(certificates.IsTrustedClient(certificates.Admin));
    }

    [Fact]
    public async Task A_clock_that_was_ahead_leaves_no_certificate_of_the_future()
    {
        clock.Advance(new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero) - Epoch);
        await New().LoadAsync(CancellationToken.None);
        clock.AdjustTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);

        Assert.True(certificates.IsTrustedClient(certificates.Admin));
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("server")]
    [InlineData("admin")]
    public async Task A_key_that_an_old_version_left_beside_another_certificate_is_replaced(string name)
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        Split(name, otherKey: true);
        var again = New();
        await again.LoadAsync(CancellationToken.None);

        Assert.True(again.IsTrustedClient(again.Admin));
        Assert.False(File.Exists(Path.Join(options.Paths.PkiDirectory, $"{name}.key")));
    }

    [Fact]
    public async Task The_two_files_of_an_old_version_are_kept_in_use()
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        foreach (var name in (string[])["ca", "server", "admin"])
        {
            Split(name, otherKey: false);
        }

        var again = New();
        await again.LoadAsync(CancellationToken.None);
        Assert.Equal(certificates.Authority.Thumbprint, again.Authority.Thumbprint);
        Assert.Equal(certificates.Admin.Thumbprint, again.Admin.Thumbprint);
    }

    [Fact]
    public async Task A_damaged_leaf_is_made_anew()
    {
        var certificates = New();
        await certificates.LoadAsync(CancellationToken.None);
        var pem = Path.Join(options.Paths.PkiDirectory, "server.pem");
        await File.WriteAllTextAsync(pem, (await File.ReadAllTextAsync(pem))[..200]);
        var again = New();
        await again.LoadAsync(CancellationToken.None);

        Assert.Equal(certificates.Authority.Thumbprint, again.Authority.Thumbprint);
    }

    private HubCertificates New() => new(options, clock, NullLogger.Instance);

    /// <summary>Puts a pair into two files, as versions before did.</summary>
    private void Split(string name, bool otherKey)
    {
        var pem = Path.Join(options.Paths.PkiDirectory, $"{name}.pem");
        using var certificate = X509Certificate2.CreateFromPemFile(pem);
        using var key = otherKey ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : certificate.GetECDsaPrivateKey()!;
        File.WriteAllBytes(
            Path.ChangeExtension(pem, ".crt"),
            Encoding.ASCII.GetBytes(certificate.ExportCertificatePem())
        );
        File.WriteAllBytes(Path.ChangeExtension(pem, ".key"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        File.Delete(pem);
    }
}
