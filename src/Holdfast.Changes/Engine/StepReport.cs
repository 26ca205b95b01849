namespace Holdfast.Changes.Engine;

/// <summary>Tells the caller of an apply or undo how one step goes. For one step, by one caller.</summary>
internal sealed class StepReport(
    string group,
    string title,
    int number,
    int count,
    TimeProvider time,
    IProgress<StepProgress>? progress
) : IProgress<string>
{
    private readonly long start = time.GetTimestamp();

    public string Group => group;

    public void Say(StepPhase phase, string? detail) =>
        progress?.Report(new StepProgress(group, title, number, count, phase, detail, time.GetElapsedTime(start)));

    void IProgress<string>.Report(string value) => Say(StepPhase.Working, value);
}
