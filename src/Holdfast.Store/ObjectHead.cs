using System.Text.Json;

namespace Holdfast.Store;

/// <summary>
/// The members of an object by which the store finds it and decides about it, read in one pass without building the object.
/// A member of another type than Kubernetes gives it counts as absent: stored objects may come from another version.
/// </summary>
public sealed class ObjectHead
{
    private static readonly Dictionary<string, string> NoLabels = [];

    private ObjectHead() { }

    /// <summary>metadata.uid; empty when there is none.</summary>
    public string Uid { get; private set; } = "";

    /// <summary>metadata.generation; 0 for kinds that have none.</summary>
    public long Generation { get; private set; }

    /// <summary>Whether metadata.deletionTimestamp is set.</summary>
    public bool IsDeleting { get; private set; }

    /// <summary>metadata.labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; private set; } = NoLabels;

    /// <summary>metadata.ownerReferences.</summary>
    public IReadOnlyList<ObjectOwner> Owners { get; private set; } = [];

    /// <summary>spec.nodeName: the node that the object was given to; empty when there is none.</summary>
    public string NodeName { get; private set; } = "";

    /// <summary>Offset just after the brace that opens metadata; -1 when the object has no metadata.</summary>
    public int MetadataAt { get; private set; } = -1;

    /// <summary>Whether metadata has no member.</summary>
    public bool IsMetadataEmpty { get; private set; }

    /// <param name="json">An object in JSON. What is no object has an empty head.</param>
    public static ObjectHead Read(ReadOnlySpan<byte> json)
    {
        var head = new ObjectHead();
        var reader = new Utf8JsonReader(json);
        try
        {
            head.ReadObject(ref reader);
        }
        catch (JsonException)
        {
            // The store keeps any bytes; what it read so far is all that it knows of these.
        }

        return head;
    }

    private void ReadObject(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return;
        }

        var hasMetadata = false;
        var hasSpec = false;
        while (!(hasMetadata && hasSpec) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            var isSpec = reader.ValueTextEquals("spec"u8);
            reader.Read();
            if (isMetadata && reader.TokenType == JsonTokenType.StartObject)
            {
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (isSpec && reader.TokenType == JsonTokenType.StartObject)
            {
                hasSpec = true;
                ReadSpec(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        MetadataAt = (int)reader.BytesConsumed;
        IsMetadataEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            IsMetadataEmpty = false;
            if (reader.ValueTextEquals("uid"u8))
            {
                Uid = ReadText(ref reader);
            }
            else if (reader.ValueTextEquals("generation"u8))
            {
                reader.Read();
                Generation =
                    reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : 0;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                reader.Read();
                IsDeleting = reader.TokenType == JsonTokenType.String;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                ReadLabels(ref reader);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                ReadOwners(ref reader);
            }
            else
            {
                SkipValue(ref reader);
            }
        }
    }

    private void ReadSpec(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("nodeName"u8))
            {
                NodeName = ReadText(ref reader);
            }
            else
            {
                SkipValue(ref reader);
            }
        }
    }

    private void ReadLabels(ref Utf8JsonReader reader)
    {
        if (!EnterObject(ref reader))
        {
            return;
        }

        var labels = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                labels[name] = reader.GetString()!;
            }

            reader.Skip();
        }

        Labels = labels;
    }

    private void ReadOwners(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var owners = new List<ObjectOwner>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                owners.Add(ReadOwner(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }

        Owners = owners;
    }

    private static ObjectOwner ReadOwner(ref Utf8JsonReader reader)
    {
        var owner = new ObjectOwner("", "", "", "", false);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("apiVersion"u8))
            {
                owner = owner with { ApiVersion = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("kind"u8))
            {
                owner = owner with { Kind = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                owner = owner with { Name = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                owner = owner with { Uid = ReadText(ref reader) };
            }
            else if (reader.ValueTextEquals("controller"u8))
            {
                reader.Read();
                owner = owner with { IsController = reader.TokenType == JsonTokenType.True };
                reader.Skip();
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return owner;
    }

    private static bool EnterObject(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        reader.Skip();
        return false;
    }

    private static string ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        reader.Skip();
        return text;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}

/// <summary>One owner reference of an object.</summary>
public sealed record ObjectOwner(string ApiVersion, string Kind, string Name, string Uid, bool IsController);
