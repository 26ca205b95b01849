using System.Security.Cryptography.X509Certificates;
using System.Text;
using Holdfast.Linux;

namespace Holdfast.Hub.Pki;

/// <summary>The administrator's kubeconfig: address, authority and keys embedded, readable by root alone. Stateless.</summary>
internal static class AdminKubeconfig
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    /// <summary>Writes the file when its content differs, so that an unchanged node keeps an unchanged file.</summary>
    public static async Task WriteAsync(
        string path,
        string server,
        string nodeName,
        X509Certificate2 authority,
        X509Certificate2 admin,
        CancellationToken ct
    )
    {
        var content = Encoding.UTF8.GetBytes(Text(server, nodeName, authority, admin));
        if (File.Exists(path) && (await File.ReadAllBytesAsync(path, ct)).AsSpan().SequenceEqual(content))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!, DirectoryMode);
        await AtomicFile.WriteAsync(path, content, AtomicFile.SecretMode, cancellationToken: ct);
    }

    private static string Text(string server, string nodeName, X509Certificate2 authority, X509Certificate2 admin)
    {
        using var key = admin.GetECDsaPrivateKey()!;
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {nodeName}
              cluster:
                server: {server}
                certificate-authority-data: {Base64(authority.ExportCertificatePem())}
            users:
            - name: {nodeName}-admin
              user:
                client-certificate-data: {Base64(admin.ExportCertificatePem())}
                client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}
            contexts:
            - name: {nodeName}
              context:
                cluster: {nodeName}
                user: {nodeName}-admin
            current-context: {nodeName}

            """;
    }

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem + "\n"));
}
