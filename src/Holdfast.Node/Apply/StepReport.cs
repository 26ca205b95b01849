using Holdfast.Node.Plan;

namespace Holdfast.Node.Apply;

/// <summary>Tells the caller of an apply how one step goes. For one step, by one caller.</summary>
internal sealed class StepReport : IProgress<string>
{
    private readonly int number;
    private readonly int count;
    private readonly TimeProvider time;
    private readonly IProgress<StepProgress>? progress;
    private readonly long start;

    public StepReport(PlanStep step, int number, int count, TimeProvider time, IProgress<StepProgress>? progress)
    {
        Step = step;
        this.number = number;
        this.count = count;
        this.time = time;
        this.progress = progress;
        start = time.GetTimestamp();
    }

    public PlanStep Step { get; }

    public void Say(StepPhase phase, string? detail) =>
        progress?.Report(
            new StepProgress(Step.Group, Step.Title, number, count, phase, detail, time.GetElapsedTime(start))
        );

    void IProgress<string>.Report(string value) => Say(StepPhase.Working, value);
}
