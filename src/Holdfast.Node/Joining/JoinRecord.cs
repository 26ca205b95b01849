using System.Text.Json.Serialization;

namespace Holdfast.Node.Joining;

/// <summary>Which directories and files a joining tool, its reset and the agent write, change or remove.</summary>
internal sealed record JoinFootprint
{
    /// <summary>
    /// Shared with the machine and its people: leaving removes what the join itself created and what is unchanged since, and
    /// puts back what it changed or removed. Anything else stays.
    /// </summary>
    public required IReadOnlyList<string> Shared { get; init; }

    /// <summary>The agent's own state: what was not there before the join is removed, pods' volumes included.</summary>
    public required IReadOnlyList<string> Own { get; init; }

    /// <summary>State of others that the reset empties: what is gone comes back, and what is there stays.</summary>
    public IReadOnlyList<string> EmptiedByReset { get; init; } = [];

    /// <summary>The agent's, where it made them: removed when they were not there before the join, and named otherwise.</summary>
    public required IReadOnlyList<string> OwnIfNew { get; init; }

    [JsonIgnore]
    public IEnumerable<string> All => [.. Shared, .. Own, .. EmptiedByReset, .. OwnIfNew];
}

/// <summary>How a machine was before it joined a cluster, and how it leaves again.</summary>
internal sealed record JoinRecord
{
    /// <summary>Someone else had made it join: Holdfast never takes it out.</summary>
    public required bool Joined { get; init; }

    /// <summary>The node's name in the cluster.</summary>
    public required string Node { get; init; }

    /// <summary>The file that is there when the machine is a member.</summary>
    public required string DoneFile { get; init; }

    /// <summary>What the agent runs; stopped in this order.</summary>
    public required IReadOnlyList<ServiceRecord> Services { get; init; }

    /// <summary>Program and arguments that take the machine out of the cluster.</summary>
    public required IReadOnlyList<string> Reset { get; init; }

    public required JoinFootprint Footprint { get; init; }

    /// <summary>The roots of the footprint that were there.</summary>
    public required IReadOnlyList<string> Present { get; init; }

    /// <summary>Directories above the roots that were missing.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Of the roots, with the content of their files; those that are the agent's only when new have none.</summary>
    public required DirectorySnapshot Before { get; init; }

    /// <summary>What leaving destroys, for people: <c>the cluster's data in /var/lib/etcd</c>.</summary>
    public string? Destroys { get; init; }
}

/// <summary>What the kinds of this folder remember, as it stands in the journal and beside it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(JoinRecord))]
[JsonSerializable(typeof(DirectorySnapshot))]
[JsonSerializable(typeof(LeavingPlan))]
[JsonSerializable(typeof(IReadOnlyList<ServiceRecord>))]
internal sealed partial class JoiningJson : JsonSerializerContext;
