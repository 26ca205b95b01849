using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Holdfast.Linux;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Pki;

/// <summary>
/// The Hub's own certificate authority, its server certificate and the administrator's certificate, kept in the PKI
/// directory and renewed before they expire. Thread-safe.
/// </summary>
internal sealed class HubCertificates(HubOptions options, TimeProvider clock, ILogger logger)
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly CertificateFiles files = new(options.Paths.PkiDirectory);
    private readonly SemaphoreSlim loading = new(1);
    private volatile Loaded? loaded;

    public SslStreamCertificateContext Server => Current.Server;

    public X509Certificate2 Authority => Current.Authority;

    public X509Certificate2 Admin => Current.Admin;

    private Loaded Current =>
        loaded ?? throw new InvalidOperationException("internal error: certificates are used before they are loaded");

    /// <summary>
    /// Reads the certificates, makes what is missing, renews what is near its end. Cheap while nothing is to be done, so that
    /// it can be called for each handshake: a clock that jumps makes certificates old at once.
    /// </summary>
    /// <returns>Whether there are others than before.</returns>
    public async ValueTask<bool> LoadAsync(CancellationToken ct)
    {
        if (loaded?.IsGood(clock.GetUtcNow()) == true)
        {
            return false;
        }

        await loading.WaitAsync(ct);
        try
        {
            if (loaded?.IsGood(clock.GetUtcNow()) == true)
            {
                return false;
            }

            loaded = await ReadOrMakeAsync(clock.GetUtcNow(), ct);
            return true;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or CryptographicException or LinuxException)
        {
            throw new HubException(
                HubReason.Pki,
                $"cannot use the certificates in {options.Paths.PkiDirectory}: {e.Message} Restore the directory from a "
                    + "backup, or remove it to have new certificates made (kubeconfigs made before then no longer work).",
                e
            );
        }
        finally
        {
            loading.Release();
        }
    }

    private async Task<Loaded> ReadOrMakeAsync(DateTimeOffset now, CancellationToken ct)
    {
        Directory.CreateDirectory(options.Paths.PkiDirectory, DirectoryMode);
        var ca = files.ReadAuthority();
        if (ca is null || CertificateMaker.AuthorityNeedsRenewal(ca, now))
        {
            ca = await KeepAsync("ca", CertificateMaker.Authority(options.NodeName, now), ct);
        }

        var server = Usable("server", ca, now);
        if (server is null || !server.MatchesHostname(options.NodeName))
        {
            server = await KeepAsync(
                "server",
                CertificateMaker.Server(ca, options.NodeName, options.ListenAddress, now),
                ct
            );
        }

        var admin = Usable("admin", ca, now) ?? await KeepAsync("admin", CertificateMaker.Admin(ca, now), ct);
        return new(ca, server, admin, SslStreamCertificateContext.Create(server, [ca], offline: true));
    }

    /// <summary>Whether a client's certificate was signed by our authority, for clients, and is good now.</summary>
    public bool IsTrustedClient(X509Certificate2 certificate)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationTime = clock.GetUtcNow().UtcDateTime,
                VerificationTimeIgnored = false,
            },
        };
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }

    /// <summary>The certificate of that name if it was signed by this authority and is far from its end.</summary>
    private X509Certificate2? Usable(string name, X509Certificate2 ca, DateTimeOffset now) =>
        files.ReadLeaf(name) is { } leaf
        && leaf.IssuerName.RawData.AsSpan().SequenceEqual(ca.SubjectName.RawData)
        && IsSignedBy(leaf, ca)
        && !CertificateMaker.NeedsRenewal(leaf, now)
            ? leaf
            : null;

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 ca)
    {
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
            },
        };
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        return chain.Build(certificate);
    }

    private async Task<X509Certificate2> KeepAsync(string name, X509Certificate2 made, CancellationToken ct)
    {
        await files.WriteAsync(name, made, ct);
        HubLog.CertificateMade(logger, made.Subject, CertificateMaker.End(made));
        return made;
    }

    private sealed record Loaded(
        X509Certificate2 Authority,
        X509Certificate2 Leaf,
        X509Certificate2 Admin,
        SslStreamCertificateContext Server
    )
    {
        public bool IsGood(DateTimeOffset now) =>
            !CertificateMaker.AuthorityNeedsRenewal(Authority, now)
            && !CertificateMaker.NeedsRenewal(Leaf, now)
            && !CertificateMaker.NeedsRenewal(Admin, now);
    }
}
