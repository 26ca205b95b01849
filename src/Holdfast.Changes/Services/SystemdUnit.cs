using System.Text;

namespace Holdfast.Changes.Services;

/// <summary>Writes the unit file of a service that Holdfast defines.</summary>
public static class SystemdUnit
{
    /// <summary>
    /// How long a service may take to stop. systemd's own default, which distributions change (Fedora: 45 s); written into
    /// every unit, since the daemon stops pods for most of it when the machine goes down.
    /// </summary>
    public static TimeSpan StopLimit { get; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// KillMode=process and Delegate=yes, as containerd's own unit has them: containers hang on the service's process and
    /// must live on when it is stopped or falls.
    /// </summary>
    public static string Render(ServiceDefinition service)
    {
        var after = string.Join(' ', service.After.Select(name => $"{name}.service").Prepend("network-online.target"));
        var environment = new StringBuilder();
        foreach (var (name, value) in service.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            environment.Append($"Environment={QuoteSetting($"{name}={value}")}\n");
        }

        return $"""
            # Written by Holdfast; it is replaced by "holdfast up" and removed by "holdfast undo".
            [Unit]
            Description={service.Description}
            Wants=network-online.target
            After={after}
            StartLimitIntervalSec=0

            [Service]
            ExecStart={string.Join(' ', service.Arguments.Select(QuoteArgument))}
            {environment}Restart=always
            RestartSec=1
            KillMode=process
            TimeoutStopSec={StopLimit.TotalSeconds}
            Delegate=yes
            LimitNOFILE=1048576
            LimitNPROC=infinity
            LimitCORE=infinity
            TasksMax=infinity

            [Install]
            WantedBy=multi-user.target

            """;
    }

    /// <summary>systemd expands $ in command lines, beside what it does with every setting (systemd.service(5)).</summary>
    private static string QuoteArgument(string argument) => QuoteSetting(argument.Replace("$", "$$"));

    /// <summary>systemd expands % and splits at blanks; it does not expand $ in Environment= (systemd.exec(5)).</summary>
    private static string QuoteSetting(string text)
    {
        var escaped = text.Replace("%", "%%");
        return escaped.AsSpan().IndexOfAny(" \t\"'\\") < 0
            ? escaped
            : $"\"{escaped.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
    }
}
