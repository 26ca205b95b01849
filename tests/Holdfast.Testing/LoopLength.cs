namespace Holdfast.Testing;

/// <summary>How long a test of random events loops: some turns in <c>./test</c>, all of them in <c>./test --long</c>.</summary>
public static class LoopLength
{
    public static bool IsLong => Environment.GetEnvironmentVariable("HOLDFAST_TEST_LONG") is { Length: > 0 };

    public static int Of(int few, int many) => IsLong ? many : few;

    /// <summary>A line that <c>./test</c> prints at its end.</summary>
    public static void Tell(string figures)
    {
        if (Environment.GetEnvironmentVariable("HOLDFAST_TEST_FIGURES") is { Length: > 0 } file)
        {
            File.AppendAllText(file, figures + "\n");
        }
    }
}
