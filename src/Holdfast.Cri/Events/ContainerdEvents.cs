using Google.Protobuf.WellKnownTypes;
using Holdfast.Cri.Containerd;

namespace Holdfast.Cri.Events;

/// <summary>What containerd's events mean. Pure.</summary>
internal static class ContainerdEvents
{
    private const string ContainerCreated = "/containers/create";
    private const string ContainerDeleted = "/containers/delete";
    private const string TaskStarted = "/tasks/start";
    private const string TaskExited = "/tasks/exit";
    private const string TaskOutOfMemory = "/tasks/oom";

    /// <summary>The topics of the events that mean something to us.</summary>
    public static IReadOnlyList<string> Topics { get; } =
    [ContainerCreated, ContainerDeleted, TaskStarted, TaskExited, TaskOutOfMemory];

    /// <summary>Reads one event; null when it is not about a container or sandbox as a whole.</summary>
    /// <exception cref="Google.Protobuf.InvalidProtocolBufferException">The event is not what its topic says.</exception>
    public static RuntimeEvent? Read(string endpoint, Envelope envelope)
    {
        var body = envelope.Event?.Value ?? Google.Protobuf.ByteString.Empty;
        var at = Time(envelope.Timestamp);
        switch (envelope.Topic)
        {
            case ContainerCreated:
                return new(endpoint, RuntimeEventKind.Created, ContainerCreate.Parser.ParseFrom(body).Id, at, null);
            case ContainerDeleted:
                return new(endpoint, RuntimeEventKind.Deleted, ContainerDelete.Parser.ParseFrom(body).Id, at, null);
            case TaskStarted:
                return new(endpoint, RuntimeEventKind.Started, TaskStart.Parser.ParseFrom(body).ContainerId, at, null);
            case TaskOutOfMemory:
                return new(endpoint, RuntimeEventKind.OomKilled, TaskOOM.Parser.ParseFrom(body).ContainerId, at, null);
            case TaskExited:
                var exit = TaskExit.Parser.ParseFrom(body);

                // The end of a command that exec started has the id of that command.
                var isContainer = exit.Id.Length == 0 || exit.Id == exit.ContainerId;
                return isContainer
                    ? new(
                        endpoint,
                        RuntimeEventKind.Exited,
                        exit.ContainerId,
                        exit.ExitedAt is null ? at : Time(exit.ExitedAt),
                        (int)exit.ExitStatus
                    )
                    : null;
            default:
                return null;
        }
    }

    private static DateTimeOffset Time(Timestamp? stamp)
    {
        if (stamp is null)
        {
            return DateTimeOffset.UnixEpoch;
        }

        // A runtime with a broken clock must not break the stream of events.
        var seconds = Math.Clamp(stamp.Seconds, 0, Timestamp.FromDateTimeOffset(DateTimeOffset.MaxValue).Seconds);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(Math.Clamp(stamp.Nanos, 0, 999_999_999) / 100);
    }
}
