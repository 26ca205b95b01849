using System.Text;

namespace Holdfast.Node.Services;

/// <summary>Writes the unit file of a service that Holdfast defines. Stateless.</summary>
internal static class SystemdUnit
{
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
            environment.Append($"Environment={Quote($"{name}={value}")}\n");
        }

        return $"""
            # Written by Holdfast; it is replaced by "holdfast up" and removed by "holdfast undo".
            [Unit]
            Description={service.Description}
            Wants=network-online.target
            After={after}
            StartLimitIntervalSec=0

            [Service]
            ExecStart={string.Join(' ', service.Arguments.Select(Quote))}
            {environment}Restart=always
            RestartSec=1
            KillMode=process
            Delegate=yes
            LimitNOFILE=1048576
            LimitNPROC=infinity
            LimitCORE=infinity
            TasksMax=infinity

            [Install]
            WantedBy=multi-user.target

            """;
    }

    /// <summary>systemd expands % and $ and splits at blanks (systemd.service(5), "Command lines").</summary>
    private static string Quote(string argument)
    {
        var escaped = argument.Replace("%", "%%").Replace("$", "$$");
        return escaped.AsSpan().IndexOfAny(" \t\"'\\") < 0
            ? escaped
            : $"\"{escaped.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
    }
}
