namespace Holdfast.Benchmarks.Measuring;

/// <summary>The table that a run ends with. Not thread-safe.</summary>
/// <param name="header">Titles of the six columns.</param>
internal sealed class Report(params string[] header)
{
    private readonly List<string[]> _rows = [];

    /// <summary>A figure that is judged as a ratio to the floor of the same run.</summary>
    public void AddRatio(string what, TimeSpan floor, TimeSpan ours, double budget)
    {
        var ratio = ours / floor;
        _rows.Add([
            what,
            Samples.Show(floor),
            Samples.Show(ours),
            $"{ratio:0.00} x",
            $"<= {budget:0.00} x",
            Verdict(ratio <= budget),
        ]);
    }

    /// <summary>A figure that is judged as a part of something much slower, shown as 1/n.</summary>
    public void AddFraction(string what, TimeSpan other, TimeSpan ours, double budget) =>
        _rows.Add([
            what,
            Samples.Show(other),
            Samples.Show(ours),
            $"1/{other / ours:0}",
            $"<= 1/{1 / budget:0}",
            Verdict(ours / other <= budget),
        ]);

    /// <summary>A figure that is judged by itself.</summary>
    public void AddValue(string what, double value, double budget, string unit) =>
        _rows.Add([
            what,
            "",
            $"{value:0.##} {unit}",
            $"{value:0.##} {unit}",
            $"<= {budget:0.##} {unit}",
            Verdict(value <= budget),
        ]);

    /// <summary>The same figure of two programs.</summary>
    /// <param name="budget">How large the later one may be, as a part of the earlier; null: any.</param>
    public void AddChange(string what, double before, double now, double? budget = null) =>
        _rows.Add([
            what,
            $"{before:0.###}",
            $"{now:0.###}",
            $"{now / before:0.00} x",
            budget is { } limit ? $"<= {limit:0.00} x" : "",
            budget is { } most ? Verdict(now / before <= most) : "",
        ]);

    /// <summary>A figure without a budget.</summary>
    public void AddFact(string what, string floor, string value) => _rows.Add([what, floor, value, "", "", ""]);

    public void Print(TextWriter output)
    {
        var widths = header
            .Select((title, i) => _rows.Select(row => row[i].Length).Append(title.Length).Max())
            .ToArray();
        output.WriteLine(Line(header, widths));
        output.WriteLine(Line([.. widths.Select(width => new string('-', width))], widths));
        foreach (var row in _rows)
            output.WriteLine(Line(row, widths));
    }

    private static string Verdict(bool isMet) => isMet ? "met" : "MISSED";

    private static string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();
}
