using CsCheck;

namespace Holdfast.Testing;

/// <summary>
/// The choices of one random example, drawn in order. A generator or a test asks for them as it goes; when none are left every
/// further one is 0, the simplest. CsCheck makes them, and shortens and lowers those of an example that fails. For one thread.
/// </summary>
public sealed class Choices
{
    private const int Longest = 400;
    private const int Largest = 100_000;

    private static readonly Gen<Choices> Generator = Gen.Int[0, Largest].Array[0, Longest].Select(v => new Choices(v));

    private readonly int[] values;
    private int next;

    private Choices(int[] values)
    {
        this.values = values;
    }

    /// <summary>
    /// Checks a property with random examples. A failure names the smallest one found and CsCheck's seed; the variable CsCheck_Seed
    /// repeats it, CsCheck_Iter runs more.
    /// </summary>
    public static void Check(int examples, Action<Choices> property) =>
        Generator.Sample(property, iter: Count(examples));

    /// <summary>As <see cref="Check"/>; the examples run one after another.</summary>
    public static Task CheckAsync(int examples, Func<Choices, Task> property) =>
        Generator.SampleAsync(property, iter: Count(examples), threads: 1);

    /// <summary>Whether no choices are left.</summary>
    public bool AreUsedUp => next == values.Length;

    /// <summary>From 0 to below <paramref name="count"/>.</summary>
    public int Next(int count) => count <= 1 || next == values.Length ? 0 : values[next++] % count;

    /// <summary>From <paramref name="least"/> to below <paramref name="end"/>.</summary>
    public int Next(int least, int end) => least + Next(end - least);

    /// <summary>True once in <paramref name="count"/> times; false when no choices are left.</summary>
    public bool OneIn(int count) => Next(count) == count - 1;

    public T Of<T>(params ReadOnlySpan<T> items) => items[Next(items.Length)];

    /// <summary>At most <paramref name="longest"/> of these characters.</summary>
    public string Text(string characters, int longest) =>
        string.Concat(Enumerable.Range(0, Next(longest + 1)).Select(_ => characters[Next(characters.Length)]));

    /// <summary>At most <paramref name="longest"/> bytes.</summary>
    public byte[] Bytes(int longest) => [.. Enumerable.Range(0, Next(longest + 1)).Select(_ => (byte)Next(256))];

    /// <summary>The same bytes with up to <paramref name="edits"/> of them changed, dropped, doubled or put in.</summary>
    /// <param name="special">What is put in: characters that mean something in the format.</param>
    public byte[] Mutate(ReadOnlySpan<byte> bytes, string special, int edits = 5)
    {
        List<byte> mutated = [.. bytes];
        for (var i = Next(edits) + 1; i > 0 && mutated.Count > 0; i--)
        {
            var at = Next(mutated.Count);
            switch (Next(4))
            {
                case 0:
                    mutated.Insert(at, (byte)special[Next(special.Length)]);
                    break;
                case 1:
                    mutated[at] = (byte)Next(256);
                    break;
                case 2:
                    mutated.RemoveRange(at, Math.Min(Next(1, 30), mutated.Count - at));
                    break;
                default:
                    mutated.InsertRange(at, mutated.GetRange(at, Math.Min(Next(40), mutated.Count - at)));
                    break;
            }
        }
        return [.. mutated];
    }

    private static long Count(int examples) =>
        Environment.GetEnvironmentVariable("CsCheck_Iter") is null ? examples : CsCheck.Check.Iter;

    /// <summary>For the message of a failure.</summary>
    public override string ToString() => $"[{string.Join(", ", values)}]";
}
