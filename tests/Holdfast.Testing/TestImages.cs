using System.Globalization;

namespace Holdfast.Testing;

/// <summary>Images made on this machine from Debian's packages, since tests reach no public registry. Built once.</summary>
public static class TestImages
{
    public const string PauseReference = "holdfast.local/pause:1";
    public const string BusyboxReference = "holdfast.local/busybox:1";
    public const string NginxReference = "docker.io/library/nginx:latest";

    /// <summary>Everything an nginx in the foreground loads: the libraries its binary is linked with.</summary>
    private static readonly string[] NginxPackages =
    [
        "nginx",
        "nginx-common",
        "libc6",
        "libpcre2-8-0",
        "libssl3",
        "libcrypt1",
        "zlib1g",
    ];

    /// <summary>Kept over test runs; the name tells the form of the images, so that a change of form builds them anew.</summary>
    private const string CacheDirectory = "/var/cache/holdfast-tests/images-2";

    private const UnixFileMode ExecutableMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private static readonly SemaphoreSlim Building = new(1);

    /// <summary>The image of a sandbox, with the program that real nodes have in it.</summary>
    public static Task<OciImage> PauseAsync() => GetAsync(PauseReference, WritePauseAsync, ["/pause"]);

    /// <summary>A shell and all of busybox's commands, httpd among them.</summary>
    public static Task<OciImage> BusyboxAsync() =>
        GetAsync(BusyboxReference, rootfs => WriteBusybox(rootfs), ["/bin/sh"]);

    /// <summary>Any other reference with busybox inside.</summary>
    public static Task<OciImage> BusyboxAsync(string reference) =>
        GetAsync(reference, rootfs => WriteBusybox(rootfs), ["/bin/sh"]);

    /// <summary>Debian's nginx with its default page on port 80, logging to its standard streams.</summary>
    public static Task<OciImage> NginxAsync() =>
        GetAsync(NginxReference, WriteNginxAsync, ["nginx", "-g", "daemon off;"]);

    private static async Task<OciImage> GetAsync(
        string reference,
        Func<string, Task> writeRootfs,
        IReadOnlyList<string> entrypoint
    )
    {
        await Building.WaitAsync();
        try
        {
            Directory.CreateDirectory(CacheDirectory);
            var directory = Path.Join(CacheDirectory, reference.Replace('/', '_').Replace(':', '_'));
            if (File.Exists(Path.Join(directory, "index.json")))
            {
                return new OciImage(directory, reference);
            }

            using var work = new TemporaryDirectory();
            Directory.CreateDirectory(work["rootfs"]);
            await writeRootfs(work["rootfs"]);

            // Another test process may build the same image: whoever renames first wins.
            var unfinished = $"{directory}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
            OciImage.Write(unfinished, reference, work["rootfs"], entrypoint);
            if (Directory.Exists(directory))
            {
                Directory.Delete(unfinished, recursive: true);
            }
            else
            {
                Directory.Move(unfinished, directory);
            }

            return new OciImage(directory, reference);
        }
        finally
        {
            Building.Release();
        }
    }

    private static async Task WritePauseAsync(string rootfs)
    {
        var path = Path.Join(rootfs, "pause");
        await using (var program = File.Create(path))
        {
            await using var source = typeof(TestImages).Assembly.GetManifestResourceStream(
                $"pause-{OciImage.Architecture}"
            )!;
            await source.CopyToAsync(program);
        }

        File.SetUnixFileMode(path, ExecutableMode);
    }

    private static async Task WriteBusybox(string rootfs)
    {
        var bin = Directory.CreateDirectory(Path.Join(rootfs, "bin")).FullName;
        foreach (var empty in new[] { "etc", "proc", "sys", "dev", "var", "root" })
        {
            Directory.CreateDirectory(Path.Join(rootfs, empty));
        }

        Directory.CreateDirectory(Path.Join(rootfs, "tmp"), UnixFileMode.StickyBit | (UnixFileMode)0x1ff);
        await File.WriteAllTextAsync(
            Path.Join(rootfs, "etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
        );
        await File.WriteAllTextAsync(Path.Join(rootfs, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
        var binary = Path.Join(bin, "busybox");
        File.Copy("/bin/busybox", binary);
        File.SetUnixFileMode(binary, ExecutableMode);
        var applets = await MachineFixture.RunAsync("/bin/busybox", "--list");
        foreach (
            var applet in applets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => name != "busybox")
        )
        {
            File.CreateSymbolicLink(Path.Join(bin, applet), "busybox");
        }
    }

    private static async Task WriteNginxAsync(string rootfs)
    {
        // Root of the image first: in Debian /bin and /lib are links into /usr.
        foreach (var directory in new[] { "bin", "sbin", "lib", "lib64" })
        {
            Directory.CreateDirectory(Path.Join(rootfs, "usr", directory));
            File.CreateSymbolicLink(Path.Join(rootfs, directory), $"usr/{directory}");
        }

        using var packages = new TemporaryDirectory();
        await MachineFixture.RunAsync(
            "/bin/sh",
            "-c",
            $"cd {packages.Path} && apt-get -o APT::Sandbox::User=root download {string.Join(' ', NginxPackages)}"
        );
        foreach (var package in Directory.EnumerateFiles(packages.Path, "*.deb"))
        {
            await MachineFixture.RunAsync(
                "/bin/sh",
                "-c",
                $"dpkg-deb --fsys-tarfile '{package}' | tar -x -C '{rootfs}' --keep-directory-symlink"
            );
        }

        foreach (var directory in new[] { "proc", "sys", "dev", "run", "tmp", "var/log/nginx", "var/lib/nginx" })
        {
            Directory.CreateDirectory(Path.Join(rootfs, directory));
        }

        // Modules of other packages are linked here; documentation is of no use to a server.
        foreach (
            var unneeded in new[] { "etc/nginx/modules-enabled", "usr/share/doc", "usr/share/man", "usr/share/locale" }
        )
        {
            if (Directory.Exists(Path.Join(rootfs, unneeded)))
            {
                Directory.Delete(Path.Join(rootfs, unneeded), recursive: true);
            }
        }

        await File.WriteAllTextAsync(
            Path.Join(rootfs, "etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
        );
        await File.WriteAllTextAsync(Path.Join(rootfs, "etc/group"), "root:x:0:\nwww-data:x:33:\n");
        await File.WriteAllTextAsync(
            Path.Join(rootfs, "etc/nginx/nginx.conf"),
            """
            user www-data;
            worker_processes 1;
            pid /run/nginx.pid;
            error_log /dev/stderr notice;
            events { worker_connections 256; }
            http {
              include /etc/nginx/mime.types;
              access_log /dev/stdout;
              server {
                listen 80 default_server;
                root /usr/share/nginx/html;
              }
            }

            """
        );
    }
}
