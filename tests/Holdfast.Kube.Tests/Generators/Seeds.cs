namespace Holdfast.Kube.Tests.Generators;

/// <summary>
/// Runs a property for many seeds, always the same ones, so a failure repeats. The message names the seed; add it to the
/// corpus of the test when the bug is fixed, and it is tried first for ever.
/// </summary>
internal static class Seeds
{
    public static void Check(int count, Action<Random> property, params ReadOnlySpan<int> corpus)
    {
        foreach (var seed in corpus)
            CheckOne(seed, property);
        for (var seed = 0; seed < count; seed++)
            CheckOne(seed, property);
    }

    private static void CheckOne(int seed, Action<Random> property)
    {
        try
        {
            property(new Random(seed));
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"the property does not hold for seed {seed}: {e.Message}", e);
        }
    }
}
