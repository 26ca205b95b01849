using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Holdfast.Hub.Pki;

/// <summary>Makes ECDSA P-256 certificates: the authority, and what it signs. Stateless.</summary>
internal static class CertificateMaker
{
    /// <summary>As long as a machine at the edge may live without hands.</summary>
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    /// <summary>kubeadm's year; renewed by itself after two thirds of it.</summary>
    private static readonly TimeSpan LeafLife = TimeSpan.FromDays(365);

    /// <summary>A leaf is renewed when this much of its life is left.</summary>
    private static readonly TimeSpan LeafRenewal = LeafLife / 3;

    /// <summary>Edge machines wake up with wrong clocks: a certificate is good from a day before it was made.</summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromDays(1);

    /// <summary>
    /// This program is younger than that. A machine without a battery boots in 1970: what it makes then is good at once, and
    /// lives as long after this date as it would have after the true one.
    /// </summary>
    private static readonly DateTimeOffset ProgramDate = new(2025, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    public static X509Certificate2 Authority(string nodeName, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=holdfast-ca-{Escape(nodeName)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(
                X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature,
                critical: true
            )
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - ClockError, Later(now, ProgramDate) + AuthorityLife);
    }

    public static X509Certificate2 Server(
        X509Certificate2 authority,
        string nodeName,
        IPAddress address,
        DateTimeOffset now
    )
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddDnsName(nodeName);
        names.AddDnsName("kubernetes");
        names.AddDnsName("kubernetes.default.svc");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        if (!IPAddress.IsLoopback(address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
        {
            names.AddIpAddress(address);
        }

        return Leaf(authority, $"CN=holdfast-hub-{Escape(nodeName)}", ServerAuthentication, names.Build(), now);
    }

    /// <summary>The administrator: Kubernetes' group system:masters, for whoever holds the key.</summary>
    public static X509Certificate2 Admin(X509Certificate2 authority, DateTimeOffset now) =>
        Leaf(authority, "O=system:masters, CN=kubernetes-admin", ClientAuthentication, null, now);

    /// <summary>A leaf that is near its end, or was made by a clock that ran ahead.</summary>
    public static bool NeedsRenewal(X509Certificate2 leaf, DateTimeOffset now) =>
        now < Start(leaf) || now > End(leaf) - LeafRenewal;

    /// <summary>An authority that could not sign a whole leaf any more, or was made by a clock that ran ahead.</summary>
    public static bool AuthorityNeedsRenewal(X509Certificate2 authority, DateTimeOffset now) =>
        now < Start(authority) || now > End(authority) - LeafLife;

    private static X509Certificate2 Leaf(
        X509Certificate2 authority,
        string subject,
        string usage,
        X509Extension? names,
        DateTimeOffset now
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true)
        );
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false)
        );
        if (names is not null)
        {
            request.CertificateExtensions.Add(names);
        }

        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7F;
        var end = Earlier(Later(now, ProgramDate) + LeafLife, End(authority));
        using var bare = request.Create(authority, Later(now - ClockError, Start(authority)), end, serial);
        return bare.CopyWithPrivateKey(key);
    }

    public static DateTimeOffset End(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());

    private static DateTimeOffset Start(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    /// <summary>Node names are DNS names; anything else is kept out of the distinguished name.</summary>
    private static string Escape(string name) =>
        new([.. name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '-')]);
}
