using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Holdfast.Cri.Containerd;
using Holdfast.Cri.Events;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests.Events;

public sealed class ContainerdEventsTests
{
    private static readonly DateTimeOffset At = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Fact]
    public void The_end_of_a_container_has_its_exit_code_and_its_time()
    {
        var exit = new TaskExit
        {
            ContainerId = "c",
            Id = "c",
            ExitStatus = 137,
            ExitedAt = Timestamp.FromDateTimeOffset(At.AddSeconds(-1)),
        };
        var item = Read("/tasks/exit", exit);
        Assert.Equal(new RuntimeEvent("e", RuntimeEventKind.Exited, "c", At.AddSeconds(-1), 137), item);
    }

    [Fact]
    public void The_end_of_a_command_in_a_container_is_not_the_end_of_the_container()
    {
        Assert.Null(
            Read(
                "/tasks/exit",
                new TaskExit
                {
                    ContainerId = "c",
                    Id = "exec-1",
                    ExitStatus = 1,
                }
            )
        );
    }

    [Theory]
    [InlineData("/tasks/start", RuntimeEventKind.Started)]
    [InlineData("/tasks/oom", RuntimeEventKind.OomKilled)]
    [InlineData("/containers/create", RuntimeEventKind.Created)]
    [InlineData("/containers/delete", RuntimeEventKind.Deleted)]
    public void Each_topic_has_its_kind(string topic, RuntimeEventKind kind)
    {
        // The id is field 1 of all four.
        Assert.Equal(new RuntimeEvent("e", kind, "c", At, null), Read(topic, new TaskStart { ContainerId = "c" }));
    }

    [Fact]
    public void Unknown_topics_say_nothing()
    {
        Assert.Null(Read("/tasks/paused", new TaskStart { ContainerId = "c" }));
    }

    [Fact]
    public void Any_bytes_are_an_event_or_a_protobuf_error()
    {
        Choices.Check(
            5000,
            choices =>
            {
                var envelope = new Envelope
                {
                    Topic = ContainerdEvents.Topics[choices.Next(ContainerdEvents.Topics.Count)],
                    Timestamp = new Timestamp
                    {
                        Seconds = (long)choices.Next(100_000) << choices.Next(46),
                        Nanos = choices.Next(100_000) << 14,
                    },
                    Event = new Any { Value = ByteString.CopyFrom(choices.Bytes(24)) },
                };
                // The one error that the reader of the stream expects.
                var error = Record.Exception(() => ContainerdEvents.Read("e", envelope));
                Assert.True(error is null or InvalidProtocolBufferException, error?.ToString());
            }
        );
    }

    private static RuntimeEvent? Read(string topic, IMessage message) =>
        ContainerdEvents.Read(
            "e",
            new Envelope
            {
                Topic = topic,
                Timestamp = Timestamp.FromDateTimeOffset(At),
                Event = new Any { Value = message.ToByteString() },
            }
        );
}
