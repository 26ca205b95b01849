namespace Holdfast.Benchmarks.Measuring;

/// <summary>The table that a run ends with. Not thread-safe.</summary>
internal sealed class Report
{
    private static readonly string[] Header = ["what", "raw CRI floor", "Holdfast", "result", "budget", "verdict"];
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

    /// <summary>A figure without a budget.</summary>
    public void AddFact(string what, string floor, string value) => _rows.Add([what, floor, value, "", "", ""]);

    public void Print(TextWriter output)
    {
        var widths = Header
            .Select((title, i) => _rows.Select(row => row[i].Length).Append(title.Length).Max())
            .ToArray();
        output.WriteLine(Line(Header, widths));
        output.WriteLine(Line([.. widths.Select(width => new string('-', width))], widths));
        foreach (var row in _rows)
            output.WriteLine(Line(row, widths));
    }

    private static string Verdict(bool isMet) => isMet ? "met" : "MISSED";

    private static string Line(string[] cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();
}
