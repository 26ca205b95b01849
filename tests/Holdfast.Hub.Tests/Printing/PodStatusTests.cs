using System.Text.Json.Nodes;
using Holdfast.Hub.Printing;

namespace Holdfast.Hub.Tests.Printing;

public sealed class PodStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i"},{"name":"s","restartPolicy":"Always"}],"containers":[{}]},"status":{"phase":"Running","initContainerStatuses":[{"name":"i","restartCount":2,"state":{"terminated":{"exitCode":0}},"lastState":{"terminated":{"finishedAt":"2026-01-01T11:59:00Z"}}},{"name":"s","started":true,"ready":true,"restartCount":1,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-01-01T11:50:00Z"}}}],"containerStatuses":[{"ready":true,"restartCount":4,"state":{"running":{}}}]}}""",
        "Running",
        "2/2",
        "5 (10m ago)"
    )]
    [InlineData("""{"status":{"phase":"Pending"}}""", "Pending", "0/1", "0")]
    [InlineData(
        """{"status":{"phase":"Running","containerStatuses":[{"ready":true,"restartCount":0,"state":{"running":{}}}]}}""",
        "Running",
        "1/1",
        "0"
    )]
    [InlineData(
        """{"status":{"phase":"Running","containerStatuses":[{"restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"finishedAt":"2026-01-01T11:55:00Z"}}}]}}""",
        "CrashLoopBackOff",
        "0/1",
        "3 (5m ago)"
    )]
    [InlineData(
        """{"status":{"phase":"Succeeded","containerStatuses":[{"restartCount":0,"state":{"terminated":{"reason":"Completed"}}}]}}""",
        "Completed",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"status":{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":3}}}]}}""",
        "ExitCode:3",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"status":{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"signal":9}}}]}}""",
        "Signal:9",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}]}}""",
        "Init:1/2",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i"}],"containers":[{}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}""",
        "Init:CrashLoopBackOff",
        "0/1",
        "2"
    )]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i"}],"containers":[{}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1}}}]}}""",
        "Init:ExitCode:1",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Running"}}""",
        "Terminating",
        "0/1",
        "0"
    )]
    [InlineData("""{"status":{"phase":"Failed","reason":"Evicted"}}""", "Evicted", "0/1", "0")]
    [InlineData(
        """{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","reason":"SchedulingGated"}]}}""",
        "SchedulingGated",
        "0/1",
        "0"
    )]
    [InlineData(
        """{"spec":{"containers":[{},{}]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}},{"ready":true,"state":{"running":{}}}]}}""",
        "NotReady",
        "1/2",
        "0"
    )]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":"nonsense"}}""", "Running", "0/1", "0")]
    public void The_words_are_those_of_kubectl(string json, string status, string ready, string restarts)
    {
        var pod = (JsonObject)JsonNode.Parse(json)!;
        pod["spec"] ??= new JsonObject { ["containers"] = new JsonArray(new JsonObject()) };

        Assert.Equal(status, Cell(pod, "Status"));
        Assert.Equal(ready, Cell(pod, "Ready"));
        Assert.Equal(restarts, Cell(pod, "Restarts"));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(125, "2m5s")]
    [InlineData(599, "9m59s")]
    [InlineData(600, "10m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((3 * 3600) + 60, "3h1m")]
    [InlineData(9 * 3600, "9h")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(9 * 86400, "9d")]
    [InlineData(800 * 86400, "2y70d")]
    [InlineData(-5, "<invalid>")]
    public void Ages_are_those_of_kubectl(int seconds, string text) =>
        Assert.Equal(text, HumanDuration.Of(TimeSpan.FromSeconds(seconds)));

    private static string Cell(JsonObject pod, string column) =>
        (string)PodColumns.Pod.Single(c => c.Name == column).Cell(pod, Now)!;
}
