using System.Net;
using System.Net.Sockets;

namespace Holdfast.Testing;

/// <summary>A real image registry (Debian's docker-registry) on a free port of the loopback interface.</summary>
public sealed class LoopbackRegistry : IAsyncDisposable
{
    public const string User = "operator";
    public const string Password = "secret";

    /// <summary>bcrypt of the password.</summary>
    private const string Hash = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

    private readonly TemporaryDirectory directory;
    private readonly bool isPrivate;
    private readonly DaemonProcess process;

    private LoopbackRegistry(TemporaryDirectory directory, DaemonProcess process, int port, bool isPrivate)
    {
        this.isPrivate = isPrivate;
        this.directory = directory;
        this.process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>What a registry mirror is configured with.</summary>
    public string Url => $"http://127.0.0.1:{Port}";

    /// <param name="isPrivate">Whether it asks for <see cref="User"/> and <see cref="Password"/>.</param>
    public static async Task<LoopbackRegistry> StartAsync(bool isPrivate = false)
    {
        MachineFixture.Require();
        var data = new TemporaryDirectory("hfr");
        var port = FreePort();
        await File.WriteAllTextAsync(data["htpasswd"], $"{User}:{Hash}\n");
        var auth = isPrivate ? $"auth: {"{"} htpasswd: {"{"} realm: test, path: {data["htpasswd"]} {"}"} {"}"}" : "";
        await File.WriteAllTextAsync(
            data["config.yml"],
            $"""
            version: 0.1
            log: {"{ level: warn }"}
            storage:
              filesystem: {"{"} rootdirectory: {data["images"]} {"}"}
            http: {"{"} addr: "127.0.0.1:{port}" {"}"}
            {auth}

            """
        );
        var server = DaemonProcess.Start(data["log"], "/usr/bin/docker-registry", "serve", data["config.yml"]);
        var registry = new LoopbackRegistry(data, server, port, isPrivate);
        using var client = new HttpClient();
        await Eventually.IsTrueAsync(
            "the registry answers",
            async () =>
            {
                if (!server.IsRunning)
                {
                    throw new InvalidOperationException($"the registry ended:\n{server.LogTail()}");
                }

                try
                {
                    using var answer = await client.GetAsync($"{registry.Url}/v2/");
                    return answer.StatusCode == (isPrivate ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }
        );
        return registry;
    }

    /// <summary>Puts an image there under its own name without the host: docker.io/library/nginx becomes library/nginx.</summary>
    public async Task PushAsync(OciImage image)
    {
        var name = image.Reference[(image.Reference.IndexOf('/') + 1)..];
        var tag = image.Reference[(image.Reference.LastIndexOf(':') + 1)..];
        string[] login = isPrivate ? ["--dest-creds", $"{User}:{Password}"] : [];
        string[] arguments =
        [
            "copy",
            "--insecure-policy",
            "--dest-tls-verify=false",
            .. login,
            $"oci:{image.Directory}:{tag}",
            $"docker://127.0.0.1:{Port}/{name}",
        ];
        await MachineFixture.RunAsync("/usr/bin/skopeo", arguments);
    }

    /// <summary>Stops the registry and throws its images away.</summary>
    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        directory.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
