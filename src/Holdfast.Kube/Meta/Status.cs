using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>What an API server answers when it refuses, or when it deleted something (meta/v1 Status).</summary>
public sealed record Status
{
    [JsonPropertyName("kind")]
    public string Kind
    {
        get;
        init => field = value ?? "Status";
    } = "Status";

    public string ApiVersion
    {
        get;
        init => field = value ?? "v1";
    } = "v1";
    public ListMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();

    /// <summary>"Success" or "Failure"; the property is not called Status because a member cannot carry its type's name.</summary>
    [JsonPropertyName("status")]
    public string Outcome
    {
        get;
        init => field = value ?? "";
    } = "";

    public string Message
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>A CamelCase word for programs, such as NotFound or AlreadyExists.</summary>
    public string Reason
    {
        get;
        init => field = value ?? "";
    } = "";

    public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status code.</summary>
    public int? Code { get; init; }
}

/// <summary>Which object a <see cref="Status"/> speaks about, and every cause.</summary>
public sealed record StatusDetails
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Group
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Kind
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Uid
    {
        get;
        init => field = value ?? "";
    } = "";
    public IReadOnlyList<StatusCause> Causes
    {
        get;
        init => field = value ?? [];
    } = [];
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>One cause of a refusal: the field that is wrong and why.</summary>
public sealed record StatusCause
{
    public string Reason
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Message
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Field
    {
        get;
        init => field = value ?? "";
    } = "";
}
