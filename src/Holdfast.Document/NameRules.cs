using System.Net;
using System.Net.Sockets;
using System.Text;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>What a text of the document may look like.</summary>
/// <param name="What">Completes the sentence <c>"TEXT" is not ...</c>.</param>
internal sealed record NameRule(string What, Func<string, bool> Allows)
{
    public static implicit operator Func<string, string?>(NameRule rule) => rule.Check;

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Check(string text) => Allows(text) ? null : $"\"{DocumentMap.Shown(text)}\" is not {What}";
}

/// <summary>The rules for names, addresses and values of the document.</summary>
internal static class NameRules
{
    /// <summary>Characters; the longest values of the kernel are paths and patterns of at most 128 bytes, and lists of ports.</summary>
    private const int LongestSysctlValue = 1024;

    public static readonly NameRule Subdomain = new(
        "a DNS-1123 subdomain: lower case letters, digits, '-' and '.', beginning and ending with a letter or digit, at most 253 characters",
        Names.IsSubdomain
    );

    public static readonly NameRule DnsLabel = new(
        "a DNS-1123 label: lower case letters, digits and '-', beginning and ending with a letter or digit, at most 63 characters",
        Names.IsLabel
    );

    public static readonly NameRule LabelKey = new(
        "a label key: an optional DNS prefix and '/', then at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
        text => Names.CheckQualifiedName(text) is null
    );

    public static readonly NameRule LabelValue = new(
        "a label value: at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
        text => Names.CheckLabelValue(text) is null
    );

    /// <summary>As DNS has them, in either case and with underscores, which the world uses.</summary>
    public static readonly NameRule HostName = new(
        "a host name",
        text => text.Length <= 253 && text.Split('.').All(p => Consists(p, 63, "-_") && p[0] != '-' && p[^1] != '-')
    );

    public static readonly NameRule IpAddress = new("an IPv4 or IPv6 address", text => Address(text) is not null);

    public static readonly NameRule KernelModule = new(
        "a kernel module's name",
        text => Consists(text, 64, "-_.") && char.IsAsciiLetterOrDigit(text[0])
    );

    /// <summary>Either separator; never a way out of /proc/sys.</summary>
    public static readonly NameRule SysctlKey = new(
        "a kernel parameter such as net.ipv4.ip_forward",
        text => Consists(text, 200, "-_.:/@") && text.Split('.', '/') is { Length: > 1 } parts && !parts.Contains("")
    );

    public static readonly NameRule InterfaceName = new(
        "a network interface's name: at most 15 letters, digits, '-', '_' and '.'",
        text => Consists(text, 15, "-_.") && text is not ("." or "..")
    );

    public static readonly NameRule AbsolutePath = new(
        "an absolute path",
        text =>
            text.Length is > 1 and < 4096
            && text[0] == '/'
            && !text.Any(char.IsControl)
            && !text.Split('/').Contains("..")
    );

    /// <summary>A unix socket's address holds 107 bytes and a NUL.</summary>
    public static readonly NameRule SocketPath = new(
        "an absolute path of at most 107 bytes, as sockets have",
        text => AbsolutePath.Allows(text) && Encoding.UTF8.GetByteCount(text) <= 107
    );

    public static readonly NameRule HostAndPort = new(
        "a host and a port such as 192.168.3.167:6443",
        text =>
            SplitPort(text) is { } parts
            && (HostName.Allows(parts.Host) || Address(parts.Host.Trim('[', ']')) is not null)
    );

    public static readonly NameRule RegistryHost = new(
        "a registry host such as docker.io or localhost:5000 (no scheme, no path)",
        text => HostName.Allows(text.Contains(':', StringComparison.Ordinal) ? SplitPort(text)?.Host ?? "" : text)
    );

    /// <summary>Loose, because the runtime has the last word; <c>{arch}</c> stands for the machine's architecture.</summary>
    public static readonly NameRule ImageReference = new(
        "an image reference such as registry.k8s.io/pause:3.9",
        text =>
            Consists(text.Replace("{arch}", "", StringComparison.Ordinal), 512, ".-_/:@")
            && char.IsAsciiLetterOrDigit(text[0])
    );

    /// <summary>io.containerd.NAME.VERSION: containerd finds the shim's program by the last two words.</summary>
    public static readonly NameRule RuntimeType = new(
        "a runtime type such as io.containerd.runc.v2",
        text => text.Split('.') is { Length: >= 3 } parts && parts.All(part => Consists(part, 128, "-_"))
    );

    public static readonly NameRule OptionKey = new("an option's name", text => Consists(text, 64, "_"));

    /// <summary>The middle of <c>configuration-NAME.toml</c>.</summary>
    public static readonly NameRule Hypervisor = new(
        "a hypervisor such as qemu, clh, fc, acrn or dragonball",
        Names.IsLabel
    );

    /// <summary>A setting of Kata's configuration, or a regular expression over their names, as Kata reads them.</summary>
    public static readonly NameRule KataSetting = new(
        "a setting such as default_vcpus (without io.katacontainers.config.hypervisor.)",
        text => Consists(text, 128, "_.*")
    );

    /// <summary>An annotation's key in which <c>*</c> stands for anything.</summary>
    public static readonly NameRule AnnotationPattern = new(
        "an annotation's key or pattern such as io.katacontainers.*",
        text => Consists(text, 317, ".-_/*")
    );

    public static readonly NameRule Snapshotter = new("a snapshotter such as overlayfs", Names.IsLabel);

    /// <summary>A login's name: what a colon would cut in two is refused.</summary>
    public static readonly NameRule UserName = new(
        "a user name: one line of text without a colon",
        text => text.Length is > 0 and <= 256 && !text.Any(c => char.IsControl(c) || c == ':')
    );

    public static readonly NameRule Sha256 = new("a SHA-256: 64 hexadecimal digits", IsSha256);

    public static bool IsSha256(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigit);

    /// <summary>The address as IPv4 or IPv6 in the usual forms; the framework would also take <c>1</c> for 0.0.0.1.</summary>
    public static IPAddress? Address(string text) =>
        IPAddress.TryParse(text, out var address)
        && !text.Contains('%', StringComparison.Ordinal)
        && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text)
            ? address
            : null;

    /// <summary>As the kernel prints it: values of several fields have tabs between them.</summary>
    public static string? SysctlValue(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        return text.AsSpan().Trim(" \t").IsEmpty
                ? "is empty; write a value, or leave the key out to keep what the kernel has"
            : text.Length > LongestSysctlValue ? $"is longer than {LongestSysctlValue} characters"
            : text.Any(c => char.IsControl(c) && c != '\t')
                ? "must be one line of text, without control characters other than tabs"
            // Numbers as YAML or people write them and the kernel does not: it reads 511, 0777 and 0x1ff.
            : text is ['0', 'o', .. { Length: > 0 } octal] && octal.All(c => c is >= '0' and <= '7')
                ? $"the kernel does not read {DocumentMap.Shown(text)}; write 0{octal}"
            : digits.Length < text.Length && char.IsAsciiDigit(text[0]) && digits.All(char.IsAsciiDigit)
                ? $"the kernel does not read {DocumentMap.Shown(text)}; write {DocumentMap.Shown(digits)}"
            : null;
    }

    /// <summary>One of at most so many characters: ASCII letters, digits and the others.</summary>
    private static bool Consists(string text, int longest, string others) =>
        text.Length > 0
        && text.Length <= longest
        && text.All(c => char.IsAsciiLetterOrDigit(c) || others.Contains(c, StringComparison.Ordinal));

    private static (string Host, ushort Port)? SplitPort(string text) =>
        text.LastIndexOf(':') is > 0 and var colon && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0
            ? (text[..colon], port)
            : null;
}
