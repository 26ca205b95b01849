using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Document;

/// <summary>What names and addresses of the document may look like. Each rule returns what is wrong, or null.</summary>
internal static class NameRules
{
    private static readonly SearchValues<char> LowerAlphanumeric = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyz0123456789"
    );
    private static readonly SearchValues<char> Alphanumeric = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    );
    private static readonly SearchValues<char> LabelInner = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );
    private static readonly SearchValues<char> SysctlCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:/@"
    );

    /// <summary>Characters; the longest values of the kernel are paths and patterns of at most 128 bytes, and lists of ports.</summary>
    private const int LongestSysctlValue = 1024;

    public static string? Subdomain(string text) =>
        text.Length is > 0 and <= 253 && text.Split('.').All(IsDnsLabel)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a DNS-1123 subdomain: lower case letters, digits, '-' and '.', "
                + "beginning and ending with a letter or digit, at most 253 characters";

    public static string? DnsLabel(string text) =>
        IsDnsLabel(text)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a DNS-1123 label: lower case letters, digits and '-', "
                + "beginning and ending with a letter or digit, at most 63 characters";

    /// <summary>Names of /etc/hosts: as DNS has them, in either case and with underscores, which the world uses.</summary>
    public static string? HostName(string text) =>
        text.Length is > 0 and <= 253
        && text.Split('.')
            .All(p =>
                p.Length is > 0 and <= 63 && p.AsSpan().IndexOfAnyExcept(LabelInner) < 0 && p[0] != '-' && p[^1] != '-'
            )
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a host name";

    public static string? LabelKey(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var name = text[(slash + 1)..];
        var prefixIsGood = slash < 0 || Subdomain(text[..slash]) is null;
        return prefixIsGood && name.Length > 0 && IsLabelText(name)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a label key: an optional DNS prefix and '/', then at most 63 letters, "
                + "digits, '-', '_' and '.', beginning and ending with a letter or digit";
    }

    public static string? LabelValue(string text) =>
        text.Length == 0 || IsLabelText(text)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a label value: at most 63 letters, digits, '-', '_' and '.', "
                + "beginning and ending with a letter or digit";

    public static string? KernelModule(string text) =>
        text.Length is > 0 and <= 64 && text.AsSpan().IndexOfAnyExcept(LabelInner) < 0 && Alphanumeric.Contains(text[0])
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a kernel module's name";

    /// <summary>Either separator; never a way out of /proc/sys.</summary>
    public static string? SysctlKey(string text)
    {
        var parts = text.Split('.', '/');
        return
            text.Length <= 200
            && parts.Length > 1
            && parts.All(p => p.Length > 0)
            && text.AsSpan().IndexOfAnyExcept(SysctlCharacters) < 0
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a kernel parameter such as net.ipv4.ip_forward";
    }

    /// <summary>As the kernel prints it: values of several fields have tabs between them.</summary>
    public static string? SysctlValue(string text)
    {
        if (text.AsSpan().Trim(" \t").Length == 0)
        {
            return "is empty; write a value, or leave the key out to keep what the kernel has";
        }
        if (text.Length > LongestSysctlValue)
        {
            return $"is longer than {LongestSysctlValue} characters";
        }
        if (text.Any(c => char.IsControl(c) && c != '\t'))
        {
            return "must be one line of text, without control characters other than tabs";
        }
        return WhyNoKernelNumber(text);
    }

    /// <summary>Numbers as YAML or people write them and the kernel does not: it reads 511, 0777 and 0x1ff.</summary>
    private static string? WhyNoKernelNumber(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (
            text.StartsWith("0o", StringComparison.Ordinal)
            && text.Length > 2
            && text[2..].All(c => c is >= '0' and <= '7')
        )
        {
            return $"the kernel does not read {DocumentMap.Shown(text)}; write 0{text[2..]}";
        }
        return digits.Length < text.Length && char.IsAsciiDigit(text[0]) && digits.All(char.IsAsciiDigit)
            ? $"the kernel does not read {DocumentMap.Shown(text)}; write {DocumentMap.Shown(digits)}"
            : null;
    }

    public static string? InterfaceName(string text) =>
        text.Length is > 0 and <= 15 && text is not ("." or "..") && text.AsSpan().IndexOfAnyExcept(LabelInner) < 0
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a network interface's name: at most 15 letters, digits, '-', '_' and '.'";

    public static string? AbsolutePath(string text) =>
        text.Length is > 1 and < 4096 && text[0] == '/' && !text.Any(char.IsControl) && !text.Split('/').Contains("..")
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an absolute path";

    /// <summary>A unix socket's address holds 107 bytes and a NUL.</summary>
    public static string? SocketPath(string text) =>
        AbsolutePath(text)
        ?? (System.Text.Encoding.UTF8.GetByteCount(text) <= 107 ? null : "a socket's path has at most 107 bytes");

    /// <summary>The address as IPv4 or IPv6 in the usual forms; the framework would also take <c>1</c> for 0.0.0.1.</summary>
    public static IPAddress? Address(string text)
    {
        if (!IPAddress.TryParse(text, out var address) || text.Contains('%', StringComparison.Ordinal))
        {
            return null;
        }
        var isUsual = address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text;
        return isUsual ? address : null;
    }

    public static string? RegistryHost(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        var portIsGood = colon < 0 || (ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0);
        return portIsGood && HostName(host) is null
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a registry host such as docker.io or localhost:5000 (no scheme, no path)";
    }

    /// <summary>
    /// An image reference: registry, repository, tag or digest, with <c>{arch}</c> for the machine's architecture. Loose,
    /// because the runtime has the last word.
    /// </summary>
    public static string? ImageReference(string text) =>
        text.Length is > 0 and <= 512
        && text.Replace("{arch}", "", StringComparison.Ordinal)
            .All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ':' or '@')
        && Alphanumeric.Contains(text[0])
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an image reference such as registry.k8s.io/pause:3.9";

    /// <summary>io.containerd.NAME.VERSION: containerd finds the shim's program by the last two words.</summary>
    public static string? RuntimeType(string text) =>
        text.Length <= 128
        && text.Split('.') is { Length: >= 3 } parts
        && parts.All(p => p.Length > 0 && p.All(IsTypeCharacter))
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a runtime type such as io.containerd.runc.v2";

    public static string? OptionKey(string text) =>
        text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an option's name";

    /// <summary>The middle of <c>configuration-NAME.toml</c>.</summary>
    public static string? Hypervisor(string text) =>
        IsDnsLabel(text)
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a hypervisor such as qemu, clh, fc, acrn or dragonball";

    /// <summary>A setting of Kata's configuration, or a regular expression over their names, as Kata reads them.</summary>
    public static string? KataSetting(string text) =>
        text.Length is > 0 and <= 128 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '*')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not a setting such as default_vcpus (without io.katacontainers.config.hypervisor.)";

    /// <summary>An annotation's key in which <c>*</c> stands for anything.</summary>
    public static string? AnnotationPattern(string text) =>
        text.Length is > 0 and <= 317
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '*')
            ? null
            : $"\"{DocumentMap.Shown(text)}\" is not an annotation's key or pattern such as io.katacontainers.*";

    public static string? Snapshotter(string text) =>
        IsDnsLabel(text) ? null : $"\"{DocumentMap.Shown(text)}\" is not a snapshotter such as overlayfs";

    /// <summary>Amounts as Kubernetes writes them, without exponents.</summary>
    public static string? Quantity(string text)
    {
        var number = text.TrimEnd([.. "mkKMGTi"]);
        var isGood =
            number.Length is > 0 and <= 15
            && number.All(c => char.IsAsciiDigit(c) || c == '.')
            && number.Count(c => c == '.') <= 1
            && char.IsAsciiDigit(number[0])
            && char.IsAsciiDigit(number[^1])
            && text[number.Length..] is "" or "m" or "k" or "M" or "G" or "T" or "Ki" or "Mi" or "Gi" or "Ti";
        return isGood ? null : $"\"{DocumentMap.Shown(text)}\" is not a quantity such as 160Mi or 250m";
    }

    /// <summary>A login's name: what a colon would cut in two is refused.</summary>
    public static string? UserName(string text) =>
        text.Length is > 0 and <= 256 && !text.Any(c => char.IsControl(c) || c == ':')
            ? null
            : "must be one line of text without a colon";

    private static bool IsTypeCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private static bool IsDnsLabel(string text) =>
        text.Length is > 0 and <= 63
        && text.All(c => LowerAlphanumeric.Contains(c) || c == '-')
        && text[0] != '-'
        && text[^1] != '-';

    private static bool IsLabelText(string text) =>
        text.Length is > 0 and <= 63
        && text.AsSpan().IndexOfAnyExcept(LabelInner) < 0
        && Alphanumeric.Contains(text[0])
        && Alphanumeric.Contains(text[^1]);
}
