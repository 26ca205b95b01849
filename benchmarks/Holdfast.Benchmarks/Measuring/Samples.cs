namespace Holdfast.Benchmarks.Measuring;

/// <summary>Times of one thing done several times. Not thread-safe.</summary>
internal sealed class Samples
{
    private readonly List<TimeSpan> _times = [];

    public int Count => _times.Count;

    public TimeSpan Last => _times[^1];

    public TimeSpan Median
    {
        get
        {
            var sorted = _times.Order().ToList();
            var middle = sorted.Count / 2;
            return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public TimeSpan Best => _times.Min();

    public TimeSpan Worst => _times.Max();

    public void Add(TimeSpan time) => _times.Add(time);

    public override string ToString() => $"{Show(Median)} ({Show(Best)} to {Show(Worst)})";

    public static string Show(TimeSpan time) =>
        time.TotalSeconds < 1 ? $"{time.TotalMilliseconds:0} ms" : $"{time.TotalSeconds:0.00} s";
}
