using Holdfast.Node.Software;

namespace Holdfast.Node.Apply;

/// <summary>
/// New versions of software that replaced old ones: the old ones are kept until a pod has shown that the new ones work.
/// For the holder of the journal.
/// </summary>
public static class UpgradeProof
{
    /// <summary>What is still to be proven, for people; also what a run brought that was killed before its proof.</summary>
    public static IReadOnlyList<string> ListUnproven(ChangeJournal journal) =>
        [.. ArchiveStack.ListUnproven(journal).Select(entry => entry.Title)];

    /// <summary>Pods have run with all of them.</summary>
    public static void MarkProven(ChangeJournal journal)
    {
        foreach (var entry in ArchiveStack.ListUnproven(journal).ToArray())
        {
            journal.MarkProven(entry);
        }
    }
}
