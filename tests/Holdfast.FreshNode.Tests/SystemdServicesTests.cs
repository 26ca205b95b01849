using System.Globalization;
using System.Text;
using Holdfast.Changes.Services;
using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.Linux;
using Holdfast.Machine.Tests.Services;

namespace Holdfast.FreshNode.Tests;

/// <summary>The contract with a real systemd, and what only systemd has.</summary>
public sealed class SystemdServicesTests : ServiceManagerContract
{
    private DebianNode? node;

    protected override IServiceManager Services => new SystemdServices(TimeProvider.System, RunAsync);

    private DebianNode Node => node ?? throw new InvalidOperationException("the node is not started");

    public override async Task InitializeAsync() => node = await DebianNode.StartAsync();

    public override async Task DisposeAsync() => await Node.DisposeAsync();

    [Fact]
    public async Task Unit_without_an_install_section_starts_at_boot_all_the_same()
    {
        var definition = new ServiceDefinition(Service, "Sleeps", ["/bin/sleep", "86401"]);
        await WriteUnitAsync(SystemdUnit.Render(definition).Split("[Install]")[0]);
        Assert.False((await Services.StatusAsync(Service, CancellationToken.None)).IsEnabled);

        await Services.StartAsync(definition, CancellationToken.None);

        Assert.True((await Services.StatusAsync(Service, CancellationToken.None)).IsEnabled);
        await Services.StopAsync(Service, stop: true, disable: true, CancellationToken.None);
        Assert.False((await Services.StatusAsync(Service, CancellationToken.None)).IsEnabled);
    }

    [Fact]
    public async Task Service_whose_unit_file_is_gone_is_known_while_it_runs_and_can_be_stopped()
    {
        var definition = new ServiceDefinition(Service, "Sleeps", ["/bin/sleep", "86401"]);
        await DefineAsync(definition);
        await Services.StartAsync(definition, CancellationToken.None);
        await Node.RequireAsync($"rm {SystemdServices.UnitPath(Service)} && systemctl daemon-reload");
        var status = await Services.StatusAsync(Service, CancellationToken.None);
        Assert.True(status is { IsKnown: true, IsRunning: true }, $"{status}");

        await Services.StopAsync(Service, stop: true, disable: true, CancellationToken.None);
        Assert.False((await Services.StatusAsync(Service, CancellationToken.None)).IsRunning);
    }

    [Fact]
    public async Task Environment_arrives_letter_by_letter()
    {
        var definition = new ServiceDefinition(
            Service,
            "Says",
            ["/bin/sh", "-c", "printf '%s' \"$TEXT\" >/run/said; exec sleep 86401"]
        )
        {
            Environment = new Dictionary<string, string> { ["TEXT"] = "5% of $HOME \"and\" \\x" },
        };
        await DefineAsync(definition);
        await Services.StartAsync(definition, CancellationToken.None);
        Assert.Equal(
            "5% of $HOME \"and\" \\x",
            await Node.WaitUntilAsync("test -s /run/said && cat /run/said", TimeSpan.FromSeconds(20))
        );
    }

    protected override Task DefineAsync(ServiceDefinition service) => WriteUnitAsync(SystemdUnit.Render(service));

    protected override Task KillAsync(int processId)
    {
        ProcessTable.Signal(ProcessTable.Identify(processId)!, ProcessTable.SigKill);
        return Task.CompletedTask;
    }

    private Task WriteUnitAsync(string text) =>
        Node.RequireAsync(
            $"echo {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))} | base64 -d >{SystemdServices.UnitPath(Service)}"
        );

    private async Task<ChildResult> RunAsync(ChildCommand command, TimeSpan limit, CancellationToken cancellationToken)
    {
        var words = command.Arguments.Prepend(command.FileName).Select(word => $"'{word.Replace("'", "'\\''")}'");
        var result = await Node.RunAsync(string.Join(' ', words), limit);
        return result with
        {
            StandardOutput = string.Join('\n', result.StandardOutput.Split('\n').Select(ToOwnNumber)),
        };
    }

    /// <summary>The node numbers its processes itself; this machine sees the same ones under other numbers.</summary>
    private string ToOwnNumber(string line)
    {
        const string Key = "MainPID=";
        if (!line.StartsWith(Key, StringComparison.Ordinal) || line == Key + "0")
        {
            return line;
        }

        var wanted = line[Key.Length..];
        var space = new FileInfo($"/proc/{Node.Leader}/ns/pid").LinkTarget;
        var own = ProcessTable
            .ListIds()
            .FirstOrDefault(id =>
                new FileInfo($"/proc/{id}/ns/pid").LinkTarget == space && ReadInnerNumber(id) == wanted
            );
        return Key + own.ToString(CultureInfo.InvariantCulture);
    }

    private static string? ReadInnerNumber(int id)
    {
        try
        {
            return File.ReadLines($"/proc/{id}/status")
                .FirstOrDefault(line => line.StartsWith("NSpid:", StringComparison.Ordinal))
                ?.Split('\t')[^1];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
