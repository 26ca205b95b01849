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

    /// <summary>Edge machines wake up with wrong clocks: a certificate is good from a day before it was made.</summary>
    private static readonly TimeSpan ClockError = TimeSpan.FromDays(1);

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
        return request.CreateSelfSigned(now - ClockError, now + AuthorityLife);
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

    public static bool NeedsRenewal(X509Certificate2 certificate, DateTimeOffset now)
    {
        var life = End(certificate) - Start(certificate);
        return now > End(certificate) - (life / 3);
    }

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
        var end = Earlier(now + LeafLife, End(authority));
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
