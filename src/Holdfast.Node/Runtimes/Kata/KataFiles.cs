using Holdfast.Document;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>
/// Where one hypervisor's shim and configuration are. Kata has two runtimes: the one in Go, and since 3.0 the one in Rust,
/// which has directories of its own and from 4.1 on is the only one.
/// Source: kata-deploy and the static archives of Kata 2.3 to 4.1.
/// </summary>
internal sealed record KataFiles(string Shim, string Configuration)
{
    public const string ShimName = "containerd-shim-kata-v2";

    /// <summary>Where the archive goes, and where distributions and people install it.</summary>
    public static readonly string[] Prefixes = ["/opt/kata", "/usr/local", "/usr"];

    private const string Defaults = "share/defaults/kata-containers";

    /// <summary>The files that are there, or else those of an archive that is not unpacked yet.</summary>
    public static KataFiles FindOrExpect(KataSpec kata, Machine machine) =>
        Find(kata, machine)
        ?? new($"{Prefixes[0]}/bin/{ShimName}", $"{Prefixes[0]}/{Defaults}/configuration-{kata.Hypervisor}.toml");

    /// <summary>The files that are there; null when there are none for this hypervisor.</summary>
    public static KataFiles? Find(KataSpec kata, Machine machine) =>
        Prefixes
            .Where(prefix => kata.Install is InstallSpec.Present || prefix == Prefixes[0])
            .SelectMany(prefix => Candidates(prefix, kata.Hypervisor))
            // Who has a configuration of his own needs none of Kata's.
            .FirstOrDefault(files =>
                machine.Exists(files.Shim) && (kata.ConfigFile is not null || machine.Exists(files.Configuration))
            );

    /// <summary>A handler with what is on the machine filled in, if it is one of Kata.</summary>
    /// <param name="owner">The handler whose configuration it uses: itself, unless it is another name for one.</param>
    public static HandlerSpec Fill(HandlerSpec handler, HandlerSpec owner, Machine machine)
    {
        if (handler.Kata is not { } kata)
        {
            return handler;
        }
        var files = FindOrExpect(kata, machine);
        return handler with
        {
            RuntimePath = handler.RuntimePath ?? files.Shim,
            Options = new Dictionary<string, OptionValue>(handler.Options)
            {
                ["ConfigPath"] = new OptionValue.Text(ConfigOf(owner, files)),
            },
        };
    }

    /// <summary>The file that the handler's shim reads.</summary>
    private static string ConfigOf(HandlerSpec handler, KataFiles files) =>
        handler.Kata!.Annotations.Count > 0 ? CopyOf(handler) : handler.Kata.ConfigFile ?? files.Configuration;

    /// <summary>Our copy, for a handler whose pods may change settings.</summary>
    public static string CopyOf(HandlerSpec handler) => $"/etc/kata-containers/holdfast-{handler.Name}.toml";

    /// <summary>Hypervisors that have a configuration below one of the prefixes, for messages.</summary>
    public static IReadOnlyList<string> ListHypervisors(Machine machine) =>
        [
            .. Prefixes
                .SelectMany(prefix => new[] { $"{prefix}/{Defaults}", $"{prefix}/{Defaults}/runtime-rs" })
                .SelectMany(machine.ListFiles)
                .Select(file => Path.GetFileNameWithoutExtension(file))
                .Where(name => name.StartsWith("configuration-", StringComparison.Ordinal))
                .Select(name => name["configuration-".Length..])
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private static IEnumerable<KataFiles> Candidates(string prefix, string hypervisor)
    {
        var go = $"{prefix}/bin/{ShimName}";
        var rust = $"{prefix}/runtime-rs/bin/{ShimName}";
        var name = $"configuration-{hypervisor}.toml";
        yield return new KataFiles(go, $"{prefix}/{Defaults}/{name}");
        yield return new KataFiles(rust, $"{prefix}/{Defaults}/runtime-rs/{name}");
        yield return new KataFiles(rust, $"{prefix}/{Defaults}/runtime-rs/configuration-{hypervisor}-runtime-rs.toml");
        yield return new KataFiles(rust, $"{prefix}/{Defaults}/{name}");
    }
}
