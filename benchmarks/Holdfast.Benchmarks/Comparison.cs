using System.Diagnostics;
using Holdfast.Benchmarks.Daemon;
using Holdfast.Benchmarks.Measuring;
using Holdfast.Linux;

namespace Holdfast.Benchmarks;

/// <summary>
/// The program beside another one, usually an older one: the same measurements of both within minutes, as ratios. Each daemon has a
/// node of its own, and each <c>up</c> makes the machine a node and puts it back.
/// </summary>
internal sealed class Comparison(BenchOptions options, string against)
{
    private const int VersionTimes = 21;
    private static readonly TimeSpan VersionLimit = TimeSpan.FromSeconds(20);

    private readonly Report _report = new("what", "before", "now", "now / before", "budget", "verdict");

    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            AddSize();
            await AddVersionAsync(ct);
            await AddDaemonAsync(ct);
            if (options.HasUp)
                await AddUpAsync(ct);
        }
        finally
        {
            // What was measured before something failed took minutes.
            Console.WriteLine();
            _report.Print(Console.Out);
        }
    }

    private void AddSize()
    {
        _report.AddChange("size of the program, MB", Megabytes(against), Megabytes(options.Program));
        _report.AddChange("  with the libraries beside it, MB", WithLibraries(against), WithLibraries(options.Program));

        static double Megabytes(string file) => new FileInfo(file).Length / 1e6;
        static double WithLibraries(string program) =>
            Directory.GetFiles(Path.GetDirectoryName(program)!).Sum(file => Megabytes(file));
    }

    // In turn, so that whatever else the machine does weighs on both.
    private async Task AddVersionAsync(CancellationToken ct)
    {
        Benchmark.Say("start of version");
        var (before, now) = (new Samples(), new Samples());
        for (var i = 0; i < VersionTimes; i++)
        {
            before.Add(await TimeVersionAsync(against, ct));
            now.Add(await TimeVersionAsync(options.Program, ct));
        }
        Benchmark.Say($"  before {before}, now {now}");
        _report.AddChange(
            "start and end of version, ms",
            before.Median.TotalMilliseconds,
            now.Median.TotalMilliseconds
        );
    }

    private static async Task<TimeSpan> TimeVersionAsync(string program, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await ChildProcess.RunAsync(new ChildCommand(program, "version"), VersionLimit, ct);
        return Stopwatch.GetElapsedTime(started);
    }

    private async Task AddDaemonAsync(CancellationToken ct)
    {
        var before = await MeasureDaemonAsync(against, ct);
        var now = await MeasureDaemonAsync(options.Program, ct);
        _report.AddChange("anonymous memory, 0 pods, MB", before.Idle.Anonymous, now.Idle.Anonymous);
        _report.AddChange("whole resident memory, 0 pods, MB", before.Idle.Resident, now.Idle.Resident, 0.6);
        _report.AddChange($"anonymous memory, {options.Pods} pods, MB", before.Busy.Anonymous, now.Busy.Anonymous, 1);
        _report.AddChange(
            $"whole resident memory, {options.Pods} pods, MB",
            before.Busy.Resident,
            now.Busy.Resident,
            0.6
        );
        _report.AddChange(
            "processor per pod start, ms",
            before.PerPod.TotalMilliseconds,
            now.PerPod.TotalMilliseconds,
            0.5
        );
    }

    private async Task<(Memory Idle, Memory Busy, TimeSpan PerPod)> MeasureDaemonAsync(
        string program,
        CancellationToken ct
    )
    {
        Benchmark.Say($"the daemon of {program}");
        await using var node = await BenchNode.StartAsync(options with { Program = program }, ct);
        // One pod first, in another process: what is cached on the machine is cached for both programs.
        node.Daemon.Start();
        await node.Daemon.WhenReadyAsync(node.Hub, ct);
        var first = new ManyPods(node, "first", 1);
        await first.StartAsync(ct);
        await first.StopAsync(ct);
        await node.Daemon.KillAsync();
        node.Daemon.Start();
        await node.Daemon.WhenReadyAsync(node.Hub, ct);

        await Task.Delay(Benchmark.Settling, ct);
        var idle = ProcessFigures.ReadMemory(node.Daemon.Pid);
        var before = ProcessFigures.ReadProcessorTime(node.Daemon.Pid);
        var pods = new ManyPods(node, "many", options.Pods);
        var time = await pods.StartAsync(ct);
        var perPod = (ProcessFigures.ReadProcessorTime(node.Daemon.Pid) - before) / options.Pods;
        await Task.Delay(Benchmark.Settling, ct);
        var busy = ProcessFigures.ReadMemory(node.Daemon.Pid);
        Benchmark.Say($"  {options.Pods} pods in {Samples.Show(time)}");
        await pods.StopAsync(ct);
        return (idle, busy, perPod);
    }

    private async Task AddUpAsync(CancellationToken ct)
    {
        if (UpTiming.IsNode)
        {
            _report.AddFact("up with nothing to change", "", "not compared: this machine is a node already");
            return;
        }
        Benchmark.Say("up with nothing to change");
        var before = await new UpTiming(against).MeasureAsync(ct);
        var now = await new UpTiming(options.Program).MeasureAsync(ct);
        Benchmark.Say($"  before {before.Up}, now {now.Up}, the same steps as an Ansible play {now.Ansible}");
        _report.AddChange("up with nothing to change, s", before.Up.Median.TotalSeconds, now.Up.Median.TotalSeconds);
        _report.AddChange(
            "plan with nothing to change, s",
            before.Plan.Median.TotalSeconds,
            now.Plan.Median.TotalSeconds
        );
        _report.AddChange(
            "up beside the Ansible play",
            before.Up.Median / before.Ansible.Median,
            now.Up.Median / now.Ansible.Median
        );
    }
}
