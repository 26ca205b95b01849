using Holdfast.Agent.Events;
using Holdfast.Agent.Status;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Agent.Tests.Status;

public sealed class PodStatusWriterTests : IAsyncLifetime
{
    private static readonly ObjectKey Key = new(ResourceNames.Pods, "shop", "web");

    private readonly TestDirectory directory = new();
    private ObjectStore store = null!;

    public async Task InitializeAsync() =>
        store = await ObjectStore.OpenAsync(
            new ObjectStoreOptions { DatabasePath = directory["store.db"] },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task Only_status_is_replaced_and_conditions_of_others_stay()
    {
        await store.CreateAsync(
            Key,
            """
            {"metadata":{"name":"web","namespace":"shop","uid":"u","extra":1},"spec":{"unknown":true},
             "status":{"phase":"Pending","conditions":[{"type":"Mine","status":"True"},{"type":"Ready","status":"False"}]}}
            """u8.ToArray()
        );

        var writer = Writer("u");
        writer.Write(new PodStatus { Phase = "Running", Conditions = [new() { Type = "Ready", Status = "True" }] });
        await writer.FlushAsync();

        var written = store.Get(Key)!;
        var pod = KubeObject.Parse(written.Json.Span);
        Assert.Equal("true", pod.At("spec", "unknown")!.ToJsonString());
        Assert.Equal("Running", pod.TextAt("status", "phase"));
        Assert.Equal(
            """[{"type":"Ready","status":"True"},{"type":"Mine","status":"True"}]""",
            pod.At("status", "conditions")!.ToJsonString()
        );
        Assert.Equal(written.Revision, writer.LastRevision);
    }

    [Fact]
    public async Task Of_many_writes_the_last_one_wins_and_few_reach_the_disk()
    {
        await store.CreateAsync(Key, """{"metadata":{"name":"web","namespace":"shop","uid":"u"}}"""u8.ToArray());
        var before = store.Revision;

        var writer = Writer("u");
        for (var i = 0; i < 1000; i++)
        {
            writer.Write(new PodStatus { Message = i.ToString() });
        }

        await writer.FlushAsync();

        Assert.Equal("999", KubeJson.Deserialize<Pod>(store.Get(Key)!.Json.Span).Status.Message);
        Assert.InRange(store.Revision - before, 1, 500);
    }

    [Fact]
    public async Task What_passes_within_a_moment_is_never_written()
    {
        await store.CreateAsync(Key, """{"metadata":{"name":"web","namespace":"shop","uid":"u"}}"""u8.ToArray());
        var before = store.Revision;

        var writer = Writer("u");
        writer.WriteSoon(new PodStatus { Phase = "Pending" });
        writer.Write(new PodStatus { Phase = "Running" });
        await writer.FlushAsync();
        await Task.Delay(600);
        Assert.Equal(before + 1, store.Revision);

        writer.WriteSoon(new PodStatus { Phase = "Failed" });
        for (var i = 0; i < 1000 && store.Revision == before + 1; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal("Failed", KubeJson.Deserialize<Pod>(store.Get(Key)!.Json.Span).Status.Phase);
    }

    [Fact]
    public async Task Another_pod_of_the_same_name_is_left_alone()
    {
        await store.CreateAsync(Key, """{"metadata":{"name":"web","namespace":"shop","uid":"new"}}"""u8.ToArray());
        var before = store.Revision;

        var writer = Writer("old");
        writer.Write(new PodStatus { Phase = "Running" });
        await writer.FlushAsync();

        Assert.Equal(before, store.Revision);
    }

    [Fact]
    public async Task The_same_event_again_raises_a_count()
    {
        using var stop = new CancellationTokenSource();
        var recorder = new EventRecorder(store, "edge-1", TimeProvider.System, NullLogger.Instance);
        var running = recorder.RunAsync(stop.Token);
        var about = PodReference.Of(TestPods.Pod(TestPods.Container()));

        recorder.Warning(about, "FailedMount", "no");
        await WaitForAsync(events => events is [{ Count: 1 }]);
        recorder.Warning(about, "FailedMount", "no");
        recorder.Warning(about, "FailedMount", "no");
        recorder.Normal(about, "Started", "yes");
        await WaitForAsync(events => events.Count == 2 && events.Any(e => e.Count == 3));

        var counted = Events().Single(e => e.Reason == "FailedMount");
        Assert.Equal(
            ("Warning", "no", "web", "shop"),
            (counted.Type, counted.Message, counted.InvolvedObject.Name, counted.Metadata.Namespace)
        );
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private PodStatusWriter Writer(string uid) =>
        new(store, Key, uid, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private List<Event> Events() =>
        [.. store.List(ResourceNames.Events).Items.Select(i => KubeJson.Deserialize<Event>(i.Json.Span))];

    private async Task WaitForAsync(Func<List<Event>, bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(Events()); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition(Events()));
    }
}
