using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>Something that happened to an object (core/v1 Event).</summary>
public sealed record Event
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public string Kind
    {
        get;
        init => field = value ?? "Event";
    } = "Event";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public ObjectReference InvolvedObject
    {
        get;
        init => field = value ?? new();
    } = new();
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public EventSource Source
    {
        get;
        init => field = value ?? new();
    } = new();
    public DateTimeOffset? FirstTimestamp { get; init; }
    public DateTimeOffset? LastTimestamp { get; init; }
    public int? Count { get; init; }

    /// <summary>Normal or Warning.</summary>
    public string? Type { get; init; }

    /// <summary>Written with microseconds (Kubernetes' MicroTime).</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    public string? Action { get; init; }
    public ObjectReference? Related { get; init; }
    public string? ReportingComponent { get; init; }
    public string? ReportingInstance { get; init; }
}

/// <summary>Who reports an event.</summary>
public sealed record EventSource
{
    public string? Component { get; init; }
    public string? Host { get; init; }
}
