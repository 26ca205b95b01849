using Holdfast.Benchmarks;

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interrupted.Cancel();
};
try
{
    var options = BenchOptions.Parse(args);
    if (options.Against is { } against)
        await new Comparison(options, against).RunAsync(interrupted.Token);
    else
        await new Benchmark(options).RunAsync(interrupted.Token);
    return 0;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    return 130;
}
catch (Exception e) when (e is ArgumentException or IOException or InvalidOperationException or TimeoutException)
{
    Console.Error.WriteLine($"bench: cannot measure: {e.Message}");
    return 1;
}
