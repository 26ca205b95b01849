using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Linux;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Pki;

/// <summary>
/// The Hub's own certificate authority, its server certificate and the administrator's certificate, kept in the PKI
/// directory and renewed before they expire. Reading is thread-safe; <see cref="LoadAsync"/> runs once at a time.
/// </summary>
internal sealed class HubCertificates(HubOptions options, TimeProvider clock, ILogger logger)
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private volatile SslStreamCertificateContext? server;

    private X509Certificate2? authority;

    public SslStreamCertificateContext Server =>
        server ?? throw new InvalidOperationException("internal error: certificates are used before they are loaded");

    public X509Certificate2 Authority =>
        authority
        ?? throw new InvalidOperationException("internal error: certificates are used before they are loaded");

    public X509Certificate2? Admin { get; private set; }

    /// <summary>Reads the certificates, makes what is missing, renews what is near its end.</summary>
    public async Task LoadAsync(CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(options.Paths.PkiDirectory, DirectoryMode);
            var now = clock.GetUtcNow();
            var ca = Read("ca") ?? await KeepAsync("ca", CertificateMaker.Authority(options.NodeName, now), ct);
            authority = ca;
            var hub = Current("server", ca, now);
            if (hub is null || !hub.MatchesHostname(options.NodeName))
            {
                hub = await KeepAsync(
                    "server",
                    CertificateMaker.Server(ca, options.NodeName, options.ListenAddress, now),
                    ct
                );
            }

            server = SslStreamCertificateContext.Create(hub, [ca], offline: true);
            Admin = Current("admin", ca, now) ?? await KeepAsync("admin", CertificateMaker.Admin(ca, now), ct);
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
    private X509Certificate2? Current(string name, X509Certificate2 ca, DateTimeOffset now)
    {
        var certificate = Read(name);
        return
            certificate is not null
            && certificate.IssuerName.RawData.AsSpan().SequenceEqual(ca.SubjectName.RawData)
            && IsSignedBy(certificate, ca)
            && !CertificateMaker.NeedsRenewal(certificate, now)
            ? certificate
            : null;
    }

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

    private X509Certificate2? Read(string name)
    {
        var (certificate, key) = Files(name);
        return File.Exists(certificate) && File.Exists(key)
            ? X509Certificate2.CreateFromPemFile(certificate, key)
            : null;
    }

    private async Task<X509Certificate2> KeepAsync(string name, X509Certificate2 made, CancellationToken ct)
    {
        var (certificate, key) = Files(name);
        using var ecdsa = made.GetECDsaPrivateKey()!;

        // The key first: a certificate without its key would be read as a whole, a key without certificate is not.
        await AtomicFile.WriteAsync(
            key,
            Encoding.ASCII.GetBytes(ecdsa.ExportPkcs8PrivateKeyPem() + "\n"),
            AtomicFile.SecretMode,
            cancellationToken: ct
        );
        await AtomicFile.WriteAsync(
            certificate,
            Encoding.ASCII.GetBytes(made.ExportCertificatePem() + "\n"),
            AtomicFile.SecretMode,
            cancellationToken: ct
        );
        HubLog.CertificateMade(logger, made.Subject, CertificateMaker.End(made));
        return made;
    }

    private (string Certificate, string Key) Files(string name) =>
        (Path.Join(options.Paths.PkiDirectory, $"{name}.crt"), Path.Join(options.Paths.PkiDirectory, $"{name}.key"));
}
