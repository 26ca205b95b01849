using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Linux;

namespace Holdfast.Hub.Pki;

/// <summary>
/// Certificates with their keys in a directory, each pair in one file, so that no crash leaves a key with another's
/// certificate.
/// </summary>
internal sealed class CertificateFiles(string directory)
{
    /// <summary>Null when there is none.</summary>
    /// <exception cref="CryptographicException">The file is damaged: the authority is not replaced on a guess.</exception>
    public X509Certificate2? ReadAuthority() => ReadPair("ca");

    /// <summary>Null also when the file is damaged: a leaf is made anew.</summary>
    public X509Certificate2? ReadLeaf(string name)
    {
        try
        {
            return ReadPair(name);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public async Task WriteAsync(string name, X509Certificate2 certificate, CancellationToken ct)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        var text = $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
        await AtomicFile.WriteAsync(
            Pair(name),
            Encoding.ASCII.GetBytes(text),
            AtomicFile.SecretMode,
            cancellationToken: ct
        );
        File.Delete(Certificate(name));
        File.Delete(Key(name));
    }

    private X509Certificate2? ReadPair(string name)
    {
        if (File.Exists(Pair(name)))
        {
            return X509Certificate2.CreateFromPemFile(Pair(name));
        }

        return File.Exists(Certificate(name)) && File.Exists(Key(name)) ? ReadOldPair(name) : null;
    }

    /// <summary>Versions before wrote two files, one after the other: a crash in between left two that do not belong together.</summary>
    private X509Certificate2? ReadOldPair(string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Certificate(name));
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Key(name)));
        using var expected = certificate.GetECDsaPublicKey();
        return expected?.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()) == true
            ? certificate.CopyWithPrivateKey(key)
            : null;
    }

    private string Pair(string name) => Path.Join(directory, $"{name}.pem");

    private string Certificate(string name) => Path.Join(directory, $"{name}.crt");

    private string Key(string name) => Path.Join(directory, $"{name}.key");
}
