using Holdfast.Cri.Events;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests.Events;

public sealed class RuntimeSnapshotTests
{
    [Fact]
    public void Nothing_happened_between_two_equal_lists()
    {
        Assert.Empty(RuntimeSnapshot.Compare(Snapshot(("a", LifePhase.Running)), Snapshot(("a", LifePhase.Running))));
    }

    [Fact]
    public void A_short_life_between_two_lists_is_told_in_full()
    {
        var events = RuntimeSnapshot.Compare(Snapshot(), Snapshot(("a", LifePhase.Exited)));
        Assert.Equal(
            [RuntimeEventKind.Created, RuntimeEventKind.Started, RuntimeEventKind.Exited],
            events.Select(e => e.Kind)
        );
    }

    [Fact]
    public void A_running_container_that_vanished_has_exited()
    {
        var events = RuntimeSnapshot.Compare(Snapshot(("a", LifePhase.Running)), Snapshot());
        Assert.Equal([("a", RuntimeEventKind.Exited), ("a", RuntimeEventKind.Deleted)], events);
    }

    [Fact]
    public void The_events_lead_from_any_list_to_any_other()
    {
        Choices.Check(
            2000,
            choices =>
            {
                var before = RandomSnapshot(choices);
                var after = RandomSnapshot(choices, before);
                var phases = new Dictionary<string, LifePhase>(before.Phases);
                foreach (var (id, kind) in RuntimeSnapshot.Compare(before, after))
                {
                    switch (kind)
                    {
                        case RuntimeEventKind.Created:
                            phases.Add(id, LifePhase.Created);
                            break;
                        case RuntimeEventKind.Started:
                            Assert.Equal(LifePhase.Created, phases[id]);
                            phases[id] = LifePhase.Running;
                            break;
                        case RuntimeEventKind.Exited:
                            Assert.Equal(LifePhase.Running, phases[id]);
                            phases[id] = LifePhase.Exited;
                            break;
                        default:
                            Assert.Equal(RuntimeEventKind.Deleted, kind);
                            Assert.NotEqual(LifePhase.Running, phases[id]);
                            phases.Remove(id);
                            break;
                    }
                }

                Assert.Equal(after.Phases.OrderBy(pair => pair.Key), phases.OrderBy(pair => pair.Key));
            }
        );
    }

    private static RuntimeSnapshot Snapshot(params (string Id, LifePhase Phase)[] items) =>
        new(items.ToDictionary(item => item.Id, item => item.Phase));

    private static RuntimeSnapshot RandomSnapshot(Choices choices, RuntimeSnapshot? before = null)
    {
        var phases = new Dictionary<string, LifePhase>();
        foreach (var id in "abcdef".Select(letter => $"{letter}").Where(_ => choices.Next(2) == 0))
        {
            // A life goes one way.
            var least = before is not null && before.Phases.TryGetValue(id, out var old) ? (int)old : 0;
            phases[id] = (LifePhase)choices.Next(least, 3);
        }

        return new RuntimeSnapshot(phases);
    }
}
