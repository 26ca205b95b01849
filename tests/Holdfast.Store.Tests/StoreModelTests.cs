using System.Text;
using Holdfast.Testing;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

/// <summary>
/// Random histories against the simplest thing that could be right: a dictionary and a list of all events. After each
/// history, watchers from random revisions must have seen exactly the events after theirs.
/// </summary>
public sealed class StoreModelTests
{
    private static readonly string[] Resources = ["pods", "secrets"];
    private static readonly string[] Namespaces = ["one", "two"];

    [Theory]
    [InlineData(10_000, 256)]
    [InlineData(10_000, 4)]
    [InlineData(8, 4)]
    public Task Random_histories_agree_with_the_model_and_watchers_miss_nothing(
        int maxLogRevisions,
        int recentEvents
    ) => Choices.CheckAsync(15, choices => RunAsync(choices, maxLogRevisions, recentEvents));

    private static async Task RunAsync(Choices choices, int maxLogRevisions, int recentEvents)
    {
        await using var temporary = await OpenAsync(o =>
            o with
            {
                MaxLogRevisions = maxLogRevisions,
                RecentEvents = recentEvents,
            }
        );
        var model = new Model();
        var live = new List<LiveWatch>();
        while (!choices.AreUsedUp)
        {
            switch (choices.Next(20))
            {
                case 19:
                    live.ForEach(w => w.Forget());
                    live.Clear();
                    await temporary.RestartAsync();
                    break;
                case 1 or 2:
                    live.Add(StartWatch(temporary.Store, model, choices));
                    break;
                default:
                    await WriteAsync(temporary.Store, model, choices);
                    break;
            }
        }

        ExpectSameObjects(temporary.Store, model);
        foreach (var watch in live)
        {
            await watch.ExpectAsync(model, temporary.Store.Revision);
        }
    }

    private static LiveWatch StartWatch(ObjectStore store, Model model, Choices choices)
    {
        var ns = choices.Next(2) == 0 ? null : choices.Of(Namespaces);
        return new LiveWatch(store, choices.Of(Resources), ns, choices.Next((int)model.Revision + 1));
    }

    private static async Task WriteAsync(ObjectStore store, Model model, Choices choices)
    {
        var key = new ObjectKey(choices.Of(Resources), choices.Of(Namespaces), $"n{choices.Next(4)}");
        var json = $$"""{"v":{{choices.Next(5)}}}""";
        var there = model.Objects.GetValueOrDefault(key);
        var expected = choices.Next(4) == 0 ? choices.Next(1, 100) : there.Revision;
        var bytes = Encoding.UTF8.GetBytes(json);
        (StoreReason? Expected, Func<Task<StoredObject>> Write) step = choices.Next(3) switch
        {
            0 => (model.Create(key, json), () => store.CreateAsync(key, bytes)),
            1 => (model.Update(key, json, expected), () => store.UpdateAsync(key, bytes, expected)),
            _ => (model.Delete(key, expected), () => store.DeleteAsync(key, expected)),
        };
        if (step.Expected is { } reason)
        {
            await ObjectStoreTests.Refused(reason, step.Write);
        }
        else
        {
            await step.Write();
        }

        Assert.Equal(model.Revision, store.Revision);
    }

    private static void ExpectSameObjects(ObjectStore store, Model model)
    {
        foreach (var resource in Resources)
        {
            var list = store.List(resource);
            Assert.Equal(model.Revision, list.Revision);
            var expected = model
                .Objects.Where(o => o.Key.Resource == resource)
                .OrderBy(o => o.Key.Namespace)
                .ThenBy(o => o.Key.Name);
            Assert.Equal(
                expected.Select(o => $"{o.Key} {o.Value.Revision} {o.Value.Json}"),
                list.Items.Select(o => $"{o.Key} {o.Revision} {Encoding.UTF8.GetString(o.Json.Span)}")
            );
        }
    }

    private sealed class Model
    {
        public Dictionary<ObjectKey, (long Revision, string Json)> Objects { get; } = [];
        public List<(long Revision, ObjectKey Key, string Text)> Events { get; } = [];
        public long Revision { get; private set; } = 1;

        public StoreReason? Create(ObjectKey key, string json)
        {
            if (Objects.ContainsKey(key))
            {
                return StoreReason.AlreadyExists;
            }

            Write("Added", key, json);
            return null;
        }

        public StoreReason? Update(ObjectKey key, string json, long expected)
        {
            if (Check(key, expected) is { } refusal)
            {
                return refusal;
            }

            if (Objects[key].Json != json)
            {
                Write("Modified", key, json);
            }

            return null;
        }

        public StoreReason? Delete(ObjectKey key, long expected)
        {
            if (Check(key, expected) is { } refusal)
            {
                return refusal;
            }

            Write("Deleted", key, Objects[key].Json);
            Objects.Remove(key);
            return null;
        }

        private StoreReason? Check(ObjectKey key, long expected) =>
            !Objects.TryGetValue(key, out var there) ? StoreReason.NotFound
            : there.Revision != expected ? StoreReason.Conflict
            : null;

        private void Write(string kind, ObjectKey key, string json)
        {
            Objects[key] = (++Revision, json);
            Events.Add((Revision, key, $"{kind} {key} {Revision} {json}"));
        }
    }

    /// <summary>A watch read by a task of its own, as the Hub's clients do.</summary>
    private sealed class LiveWatch
    {
        private readonly string resource;
        private readonly string? ns;
        private readonly long after;
        private readonly List<(long Revision, string Text)> seen = [];
        private readonly CancellationTokenSource cancellation = new();
        private readonly Task reading;

        public LiveWatch(ObjectStore store, string resource, string? ns, long after)
        {
            this.resource = resource;
            this.ns = ns;
            this.after = after;
            reading = ReadAsync(store);
        }

        public void Forget() => cancellation.Cancel();

        public async Task ExpectAsync(Model model, long revision)
        {
            var expected = model
                .Events.Where(e =>
                    e.Revision > after && e.Key.Resource == resource && (ns ?? e.Key.Namespace) == e.Key.Namespace
                )
                .Select(e => e.Text)
                .ToList();
            for (var i = 0; i < 3000 && !reading.IsCompleted && Count() < expected.Count; i++)
            {
                await Task.Delay(1);
            }

            await cancellation.CancelAsync();
            try
            {
                await reading;
            }
            catch (StoreException e) when (e.Reason == StoreReason.TooOld)
            {
                // Allowed only if the log no longer reached back; what was seen before that must still be right.
                Assert.True(after < revision - 8, e.Message);
                Assert.Equal(expected.Take(seen.Count), seen.Select(s => s.Text));
                return;
            }
            catch (OperationCanceledException) { }

            Assert.Equal(expected, seen.Select(s => s.Text));
        }

        private int Count()
        {
            lock (seen)
            {
                return seen.Count;
            }
        }

        private async Task ReadAsync(ObjectStore store)
        {
            await Task.Yield();
            await foreach (var e in store.WatchAsync(resource, ns, after, cancellation.Token))
            {
                lock (seen)
                {
                    var text = Encoding.UTF8.GetString(e.Object.Json.Span);
                    seen.Add((e.Object.Revision, $"{e.Kind} {e.Object.Key} {e.Object.Revision} {text}"));
                }
            }
        }
    }
}
