namespace Holdfast.Benchmarks;

/// <summary>What a run measures and with what. Immutable.</summary>
internal sealed record BenchOptions
{
    /// <summary>The published program, as a user gets it.</summary>
    public required string Program { get; init; }

    /// <summary>Another published program, to compare with instead of measuring against the floor; null: none.</summary>
    public string? Against { get; init; }

    /// <summary>Pods that are started at once, and then rest.</summary>
    public int Pods { get; init; } = 50;

    /// <summary>Pods that are started one after the other.</summary>
    public int Singles { get; init; } = 20;

    /// <summary>Times that the 50 are started, on each side in turn.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>How many starts the raw floor may have in flight; the best of them is the floor.</summary>
    public IReadOnlyList<int> InFlight { get; init; } = [2, 4, 8, 16, 50];

    /// <summary>How long the resting daemon is watched.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Whether "holdfast up" is timed, which makes this machine a node for a moment.</summary>
    public bool HasUp { get; init; } = true;

    /// <summary>Measures only what the runtime itself can do.</summary>
    public bool FloorOnly { get; init; }

    /// <summary>Leaves the daemon's log and the private directories where they are.</summary>
    public bool Keep { get; init; }

    /// <exception cref="ArgumentException">An option that is not known, or a value that is not a number.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchOptions { Program = "" };
        for (var i = 0; i < arguments.Count; i++)
            options = arguments[i] switch
            {
                "--program" => options with { Program = Path.GetFullPath(Next(arguments, ref i)) },
                "--against" => options with { Against = Path.GetFullPath(Next(arguments, ref i)) },
                "--pods" => options with { Pods = Number(arguments, ref i) },
                "--singles" => options with { Singles = Number(arguments, ref i) },
                "--rounds" => options with { Rounds = Number(arguments, ref i) },
                "--rest" => options with { Rest = TimeSpan.FromSeconds(Number(arguments, ref i)) },
                "--in-flight" => options with { InFlight = [.. Next(arguments, ref i).Split(',').Select(int.Parse)] },
                "--no-up" => options with { HasUp = false },
                "--floor-only" => options with { FloorOnly = true },
                "--keep" => options with { Keep = true },
                var other => throw new ArgumentException($"unknown option {other}; try ./bench --help"),
            };
        if (options.Against is { } against && !File.Exists(against))
            throw new ArgumentException($"there is no program at \"{against}\"");
        return File.Exists(options.Program)
            ? options
            : throw new ArgumentException(
                $"there is no program at \"{options.Program}\"; run ./bench and not this directly"
            );
    }

    private static string Next(IReadOnlyList<string> arguments, ref int i) =>
        ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value");

    private static int Number(IReadOnlyList<string> arguments, ref int i) =>
        int.TryParse(Next(arguments, ref i), out var number) && number > 0
            ? number
            : throw new ArgumentException($"{arguments[i - 1]} needs a number above 0");
}
