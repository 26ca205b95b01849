using System.Globalization;

namespace Holdfast.Testing;

/// <summary>
/// How long a test of random events loops: some turns in <c>./test</c>, all of them in <c>./test --long</c>. A number greater
/// than 1 in the variable bounds the long ones, for a machine that has less time.
/// </summary>
public static class LoopLength
{
    private static readonly string? Long = Environment.GetEnvironmentVariable("HOLDFAST_TEST_LONG");

    public static bool IsLong => Long is { Length: > 0 };

    public static int Of(int few, int many) =>
        !IsLong ? few
        : int.TryParse(Long, CultureInfo.InvariantCulture, out var most) && most > 1 ? Math.Min(most, many)
        : many;

    /// <summary>A line that <c>./test</c> prints at its end.</summary>
    public static void Tell(string figures)
    {
        if (Environment.GetEnvironmentVariable("HOLDFAST_TEST_FIGURES") is { Length: > 0 } file)
        {
            File.AppendAllText(file, figures + "\n");
        }
    }
}
