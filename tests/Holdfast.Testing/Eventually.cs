using System.Diagnostics;

namespace Holdfast.Testing;

/// <summary>Waits in tests for what has no event to subscribe to; gives up with a message that says what was awaited.</summary>
public static class Eventually
{
    /// <summary>Long enough for a busy machine; a test that needs so long has failed in all but name.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks until the answer is yes.</summary>
    public static Task IsTrueAsync(string what, Func<bool> condition, TimeSpan? limit = null) =>
        IsTrueAsync(what, () => Task.FromResult(condition()), limit);

    /// <inheritdoc cref="IsTrueAsync(string, Func{bool}, TimeSpan?)"/>
    public static async Task IsTrueAsync(string what, Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (limit ?? DefaultLimit))
            {
                throw new TimeoutException($"{what}: not so after {clock.Elapsed.TotalSeconds:0.0} s");
            }

            await Task.Delay(Interval);
        }
    }

    /// <summary>Asks until there is something.</summary>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T?>> find, TimeSpan? limit = null)
        where T : class
    {
        T? found = null;
        await IsTrueAsync(what, async () => (found = await find()) is not null, limit);
        return found!;
    }
}
