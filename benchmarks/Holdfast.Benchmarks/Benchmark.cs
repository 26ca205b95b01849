using System.Diagnostics;
using Holdfast.Benchmarks.Daemon;
using Holdfast.Benchmarks.Floor;
using Holdfast.Benchmarks.Measuring;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Kube;

namespace Holdfast.Benchmarks;

/// <summary>
/// One run: everything on one private containerd within a few minutes, the floor and the daemon in turn, so that what the machine
/// does besides weighs on both alike. The budgets are those of docs/benchmarks.md.
/// </summary>
internal sealed class Benchmark(BenchOptions options)
{
    private const double StartBudget = 1.08;
    private const double ManyBudget = 1.05;
    private const double RestBudget = 0.1;
    private const double KnownAgainBudget = 0.5;
    private const double NothingToChangeBudget = 1.0 / 30;
    private static readonly Memory IdleMemoryBudget = new(Anonymous: 10, Resident: 43);
    private static readonly Memory BusyMemoryBudget = new(Anonymous: 20, Resident: 52);

    /// <summary>Caches and queues empty themselves and the garbage collector gives memory back within seconds; a figure is of what stays.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    private readonly Report _report = new("what", "raw CRI floor", "Holdfast", "result", "budget", "verdict");
    private readonly Dictionary<string, Samples> _stages = [];
    private int _names;

    public async Task RunAsync(CancellationToken ct)
    {
        await using (var node = await BenchNode.StartAsync(options, ct))
            await MeasureNodeAsync(node, ct);
        if (options is { HasUp: true, FloorOnly: false })
            await MeasureUpAsync(ct);
        Console.WriteLine();
        _report.Print(Console.Out);
    }

    private async Task MeasureNodeAsync(BenchNode node, CancellationToken ct)
    {
        var raw = new RawPods(node.Runtime, node.RawLogs);
        Say("warming up");
        await raw.StopAsync(await raw.StartAsync(ct), ct);
        if (options.FloorOnly)
        {
            await MeasureFloorAsync(raw, ct);
            return;
        }
        node.Daemon.Start();
        await node.Daemon.WhenReadyAsync(node.Hub, ct);
        await StartAndStopOneAsync(node, ct);

        await MeasureIdleMemoryAsync(node, ct);
        await MeasureSinglesAsync(node, raw, ct);
        await MeasureManyAsync(node, raw, ct);
        await MeasureRestAsync(node, ct);
        await MeasureRestartAsync(node, ct);
    }

    private async Task MeasureFloorAsync(RawPods raw, CancellationToken ct)
    {
        var floor = new Samples();
        for (var i = 0; i < options.Singles; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var pod = await raw.StartAsync(ct);
            floor.Add(Stopwatch.GetElapsedTime(started));
            await raw.StopAsync(pod, ct);
        }
        Say($"one by one: {floor}");
        foreach (var inFlight in options.InFlight)
            Say(
                $"{options.Pods} pods at once, {inFlight} in flight: {Samples.Show(await StartManyRawAsync(raw, inFlight, ct))}"
            );
    }

    private async Task MeasureIdleMemoryAsync(BenchNode node, CancellationToken ct)
    {
        Say("memory without pods");
        // Another process than the one that warmed up: idle means that it never had a pod.
        await node.Daemon.KillAsync();
        node.Daemon.Start();
        await node.Daemon.WhenReadyAsync(node.Hub, ct);
        await Task.Delay(Settling, ct);
        AddMemory("0 pods", node.Daemon.Pid, IdleMemoryBudget);
    }

    private async Task MeasureSinglesAsync(BenchNode node, RawPods raw, CancellationToken ct)
    {
        Say($"{options.Singles} pods one by one, the floor and the daemon in turn");
        var floor = new Samples();
        var ours = new Samples();
        for (var i = 0; i < options.Singles; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var pod = await raw.StartAsync(ct);
            floor.Add(Stopwatch.GetElapsedTime(started));
            await raw.StopAsync(pod, ct);
            ours.Add(await StartAndStopOneAsync(node, ct));
        }
        foreach (var (stage, times) in _stages)
            Say($"  {stage}: {times}");
        Say($"  floor {floor}, daemon {ours}");
        _report.AddRatio($"pod start, one by one (median of {floor.Count})", floor.Median, ours.Median, StartBudget);
    }

    private async Task MeasureManyAsync(BenchNode node, RawPods raw, CancellationToken ct)
    {
        var best = options.InFlight[0];
        var bestTime = TimeSpan.MaxValue;
        foreach (var inFlight in options.InFlight)
        {
            var time = await StartManyRawAsync(raw, inFlight, ct);
            Say($"{options.Pods} pods at once, floor with {inFlight} in flight: {Samples.Show(time)}");
            if (time < bestTime)
                (best, bestTime) = (inFlight, time);
        }

        var floor = new Samples();
        var ours = new Samples();
        var processor = TimeSpan.Zero;
        for (var round = 1; round <= options.Rounds; round++)
        {
            floor.Add(await StartManyRawAsync(raw, best, ct));
            var before = ProcessFigures.ReadProcessorTime(node.Daemon.Pid);
            var pods = new ManyPods(node, NextName(), options.Pods);
            var time = await pods.StartAsync(ct);
            processor += ProcessFigures.ReadProcessorTime(node.Daemon.Pid) - before;
            ours.Add(time);
            Say(
                $"{options.Pods} pods at once, round {round}: floor {Samples.Show(floor.Last)}, daemon {Samples.Show(time)}"
            );
            // Those of the last round stay, for the figures at rest.
            if (round < options.Rounds)
                await pods.StopAsync(ct);
        }
        _report.AddRatio(
            $"{options.Pods} pods at once (floor: {best} in flight; medians of {options.Rounds})",
            floor.Median,
            ours.Median,
            ManyBudget
        );
        var perPod = processor / options.Rounds / options.Pods;
        _report.AddFact("  the daemon's own processor time per pod", "", $"{perPod.TotalMilliseconds:0.0} ms");
    }

    private async Task MeasureRestAsync(BenchNode node, CancellationToken ct)
    {
        Say($"memory and processor at rest with {options.Pods} pods");
        await Task.Delay(Settling, ct);
        var pid = node.Daemon.Pid;
        var (before, started) = (ProcessFigures.ReadProcessorTime(pid), Stopwatch.GetTimestamp());
        await Task.Delay(options.Rest, ct);
        var share = (ProcessFigures.ReadProcessorTime(pid) - before) / Stopwatch.GetElapsedTime(started) * 100;
        AddMemory($"{options.Pods} pods", pid, BusyMemoryBudget);
        _report.AddValue(
            $"processor at rest, {options.Pods} pods, over {options.Rest.TotalSeconds:0} s",
            share,
            RestBudget,
            "%"
        );
    }

    /// <summary>
    /// While the daemon is dead one container ends. The daemon knows its pods again when a client sees that end on the watch:
    /// nothing but a runtime that was listed and compared with every pod can tell.
    /// </summary>
    private async Task MeasureRestartAsync(BenchNode node, CancellationToken ct)
    {
        var pods = await node.Hub.ListPodsAsync(ct);
        var before = await RunningAsync(node, ct);
        var times = new Samples();
        for (var i = 0; i < 3; i++)
        {
            var victim = pods[^(i + 1)];
            Say($"kill -9 and restart with {before.Count} pods");
            await node.Daemon.KillAsync();
            var container = victim.Status.ContainerStatuses[0].ContainerID!.Split("://")[1];
            await node.Runtime.StopContainerAsync(
                new StopContainerRequest { ContainerId = container, Timeout = 0 },
                ct
            );
            before.Remove(container);

            var started = Stopwatch.GetTimestamp();
            node.Daemon.Start();
            var known = await WhenPhaseAsync(node, victim.Metadata.Name, PodPhase.Failed, ct);
            times.Add(Stopwatch.GetElapsedTime(started, known));
        }
        await node.Daemon.WhenReadyAsync(node.Hub, ct);
        var after = await RunningAsync(node, ct);
        var same = before.Count(container =>
            after.TryGetValue(container.Key, out var since) && since == container.Value
        );
        Say($"  {times}; {same} of {before.Count} containers run on untouched, {after.Count - same} new");
        _report.AddValue(
            $"killed and restarted with {options.Pods} pods: all known",
            times.Median.TotalSeconds,
            KnownAgainBudget,
            "s"
        );
        _report.AddValue("  containers that were restarted by it", before.Count - same + (after.Count - same), 0, "");
    }

    private async Task MeasureUpAsync(CancellationToken ct)
    {
        Say("up with nothing to change");
        const string What = "up with nothing to change";
        try
        {
            var (plan, up, ansible) = await new UpTiming(options.Program).MeasureAsync(ct);
            Say($"  plan {plan}, up {up}, the same steps as an Ansible play {ansible}");
            _report.AddFraction($"{What}, beside an Ansible play", ansible.Median, up.Median, NothingToChangeBudget);
            _report.AddFact("  plan with nothing to change", "", Samples.Show(plan.Median));
        }
        catch (InvalidOperationException e)
        {
            // The other figures are worth printing all the same.
            Say($"  {e.Message}");
            _report.AddFact(What, "", "not measured: see above");
        }
    }

    private async Task<TimeSpan> StartAndStopOneAsync(BenchNode node, CancellationToken ct)
    {
        var name = NextName();
        await using var board = await PodBoard.OpenAsync(node.Hub, ct);
        var started = Stopwatch.GetTimestamp();
        var startedAt = DateTimeOffset.UtcNow;
        await node.Hub.CreatePodAsync(name, ct);
        Stage("POST answered", Stopwatch.GetElapsedTime(started));
        var running = await board.WhenAsync(name, PodPhase.Running, ct);
        Stage(
            "watch shows it bound",
            Stopwatch.GetElapsedTime(started, await board.WhenAsync(name, PodBoard.Bound, ct))
        );
        var (sandbox, created, began) = await node.RuntimeTimesAsync(name, ct);
        Stage("runtime has begun the sandbox", sandbox - startedAt);
        Stage("runtime has created the container", created - startedAt);
        Stage("runtime has started the container", began - startedAt);
        Stage("watch shows it Running", Stopwatch.GetElapsedTime(started, running));
        await node.Hub.DeletePodAsync(name, ct);
        await board.WhenAsync(name, "Deleted", ct);
        await node.WhenSandboxesAsync(0, ct);
        return Stopwatch.GetElapsedTime(started, running);
    }

    private async Task<TimeSpan> StartManyRawAsync(RawPods raw, int inFlight, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var pods = await raw.StartManyAsync(options.Pods, inFlight, ct);
        var time = Stopwatch.GetElapsedTime(started);
        await raw.StopManyAsync(pods, ct);
        return time;
    }

    private static async Task<long> WhenPhaseAsync(BenchNode node, string name, string phase, CancellationToken ct)
    {
        var patience = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(patience) < TimeSpan.FromSeconds(60))
        {
            try
            {
                if ((await node.Hub.GetPodAsync(name, ct)).Status.Phase == phase)
                    return Stopwatch.GetTimestamp();
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(5, ct);
        }
        throw new TimeoutException($"pod {name} was not {phase} within a minute of the restart");
    }

    private static async Task<Dictionary<string, long>> RunningAsync(BenchNode node, CancellationToken ct)
    {
        var request = new ListContainersRequest
        {
            Filter = new ContainerFilter
            {
                State = new ContainerStateValue { State = Cri.V1.ContainerState.ContainerRunning },
            },
        };
        var list = await node.Runtime.ListContainersAsync(request, ct);
        return list.Containers.ToDictionary(container => container.Id, container => container.CreatedAt);
    }

    private void AddMemory(string when, int pid, Memory budget)
    {
        var memory = ProcessFigures.ReadMemory(pid);
        _report.AddValue($"anonymous memory, {when}", memory.Anonymous, budget.Anonymous, "MB");
        _report.AddValue($"  whole resident memory, {when}", memory.Resident, budget.Resident, "MB");
        _report.AddFact($"  threads, {when}", "", $"{ProcessFigures.ReadThreads(pid)}");
    }

    // Where the time of a single start goes, told on the way; the table has the sum.
    private void Stage(string stage, TimeSpan time)
    {
        if (!_stages.TryGetValue(stage, out var times))
            _stages[stage] = times = new Samples();
        times.Add(time);
    }

    private string NextName() => $"bench-{Interlocked.Increment(ref _names)}";

    public static void Say(string what) => Console.Error.WriteLine($"bench: {what}");
}
