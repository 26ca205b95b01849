using Holdfast.Changes.Journal;

namespace Holdfast.Changes.Engine;

/// <summary>
/// New versions of software that replaced old ones: the old ones are kept until a pod has shown that the new ones work.
/// That they are unproven is in the journal, so that a crash before the proof is not mistaken for one. For the holder of the
/// journal.
/// </summary>
public static class Unproven
{
    /// <summary>What is still to be proven, for people; also what a run brought that was killed before its proof.</summary>
    public static IReadOnlyList<string> ListTitles(ChangeJournal journal, ChangeKinds kinds) =>
        [.. ListOf(journal, kinds).Select(layer => layer.Entry.Title)];

    /// <summary>Pods have run with all of them.</summary>
    public static void MarkProven(ChangeJournal journal, ChangeKinds kinds) =>
        journal.MarkProven([.. ListOf(journal, kinds).Select(layer => layer.Entry)]);

    internal static IEnumerable<RunLayer> ListOf(ChangeJournal journal, ChangeKinds kinds)
    {
        foreach (var entry in journal.Entries.Where(entry => entry.IsOpen))
        {
            if (entry.FindUnproven(kinds.For(entry.Kind)) is { } history)
            {
                yield return new RunLayer(entry, history);
            }
        }
    }
}
