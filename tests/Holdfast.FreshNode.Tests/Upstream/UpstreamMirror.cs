using System.Net;
using System.Text.RegularExpressions;
using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests.Upstream;

/// <summary>
/// The servers that the examples fetch from, on this machine's end of the nodes' wire: archives in upstream's layouts at
/// upstream's paths. Made once per test process. Serves until the process ends; safe from any thread.
/// </summary>
internal sealed partial class UpstreamMirror
{
    private static readonly Lazy<Task<UpstreamMirror>> Instance = new(StartAsync);

    private readonly TemporaryDirectory files = new("hfup");
    private readonly HttpListener listener = new();
    private readonly string address;

    private UpstreamMirror(string address)
    {
        this.address = address;
        listener.Prefixes.Add(address);
    }

    public static Task<UpstreamMirror> GetAsync() => Instance.Value;

    /// <summary>
    /// A document whose every source is this mirror. It speaks http only, over which no checksum is fetched: the document
    /// then has the checksum itself.
    /// </summary>
    public string Redirect(string document) =>
        PublishedSum()
            .Replace(document, match => $"sha256: {Sum(match.Groups["file"].Value)}")
            .Replace("https://", address, StringComparison.Ordinal)
            .Replace(new string('0', 64), Sum("kata-static-2.3.3-x86_64.tar.xz.sha256"), StringComparison.Ordinal);

    /// <summary>Where this machine has one of the files.</summary>
    public string Find(string name) => Directory.EnumerateFiles(files.Path, name, SearchOption.AllDirectories).Single();

    private static async Task<UpstreamMirror> StartAsync()
    {
        await NodeNetwork.EnsureAsync();
        // The nodes' gateway is an address of this test process alone, so any port of it is free.
        var mirror = new UpstreamMirror($"http://{NodeNetwork.Gateway}:8480/");
        var script = Path.Join(AppContext.BaseDirectory, "Upstream/make-upstream.sh");
        await RequiredCommand.RunAsync(
            "cannot make the archives",
            new ChildCommand("bash", script, mirror.files.Path, await Containerds.FindAsync(Containerds.V2)),
            TimeSpan.FromMinutes(3)
        );
        mirror.listener.Start();
        _ = mirror.ServeAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            mirror.listener.Close();
            mirror.files.Dispose();
        };
        return mirror;
    }

    /// <summary>The address of a checksum file, quoted or not.</summary>
    [GeneratedRegex("""sha256Url: "?https://[^\s"]*/(?<file>[^\s"/]+)"?""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PublishedSum();

    private string Sum(string name) => File.ReadAllText(Find(name))[..64];

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            await AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = Path.GetFullPath(Path.Join(files.Path, context.Request.Url!.AbsolutePath));
        if (!path.StartsWith(files.Path + "/", StringComparison.Ordinal) || !File.Exists(path))
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            context.Response.Close();
            return;
        }

        try
        {
            await using var file = File.OpenRead(path);
            context.Response.ContentLength64 = file.Length;
            await file.CopyToAsync(context.Response.OutputStream);
            context.Response.Close();
        }
        catch (HttpListenerException)
        {
            // The node hung up.
        }
    }
}
