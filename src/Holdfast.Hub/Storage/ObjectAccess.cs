using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Validation;
using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Hub.Storage;

/// <summary>Which part of an object a write may change.</summary>
internal enum WritePart
{
    /// <summary>All but the status, if the kind has a status of its own.</summary>
    Spec,
    Status,
}

/// <summary>
/// Objects with Kubernetes' rules on top of the bare store: defaults, admission, validation, generation, finalizers,
/// graceful deletion. The API's verbs and the controllers both write through it. Thread-safe.
/// </summary>
internal sealed partial class ObjectAccess(ObjectStore store, TimeProvider clock)
{
    /// <summary>Tries of a read-change-write before a conflict is reported: as many as etcd3 storage makes in practice.</summary>
    private const int MaxTries = 16;

    /// <summary>Names tried for a generateName before giving up: Kubernetes 1.30+ tries 8.</summary>
    private const int MaxGeneratedNames = 8;

    /// <summary>What a write of the status may change; the rest is as it was.</summary>
    private static readonly string[] StatusFields = ["apiVersion", "kind", "metadata", "status"];

    private const string Modified =
        "the object has been modified; please apply your changes to the latest version and try again";

    public ObjectStore Store => store;

    public TimeProvider Clock => clock;

    public static ObjectKey Key(ResourceDefinition resource, string ns, string name) =>
        new(resource.StoreName, resource.IsNamespaced ? ns : "", name);

    public JsonObject? Find(ResourceDefinition resource, string ns, string name) =>
        name.Length > 0 && store.Get(Key(resource, ns, name)) is { } stored ? StoredJson.Parse(stored) : null;

    public JsonObject Get(ResourceDefinition resource, string ns, string name) =>
        Find(resource, ns, name) ?? throw ApiException.NotFound(resource, name);

    public IEnumerable<JsonObject> List(ResourceDefinition resource, string? ns) =>
        store.List(resource.StoreName, ns).Items.Select(StoredJson.Parse);

    public async Task<JsonObject> CreateAsync(
        ResourceDefinition resource,
        string ns,
        JsonObject o,
        WriteOptions options,
        CancellationToken ct
    )
    {
        var meta = o.Meta;
        CheckNamespace(resource, ns, o);
        var prefix = meta.StringAt("name") is null or "" ? meta.StringAt("generateName") : null;
        for (var attempt = 1; ; attempt++)
        {
            if (prefix is { Length: > 0 })
            {
                meta["name"] = Names.Generate(prefix, Random.Shared);
            }

            PrepareNew(resource, ns, o);
            Warn(resource, o, null, options);
            var key = Key(resource, ns, o.MetaName);
            try
            {
                if (!options.IsDryRun)
                {
                    return StoredJson.Parse(await store.CreateAsync(key, StoredJson.ToBytes(o), ct));
                }

                return store.Get(key) is null ? o : throw ApiException.AlreadyExists(resource, o.MetaName);
            }
            catch (StoreException e) when (e.Reason == StoreReason.AlreadyExists)
            {
                if (prefix is not { Length: > 0 } || attempt == MaxGeneratedNames)
                {
                    throw ApiException.AlreadyExists(resource, o.MetaName);
                }
            }
        }
    }

    /// <summary>Reads, changes, admits and writes; again after a conflict that the caller did not ask to see.</summary>
    /// <param name="change">
    /// Gets a copy of the current object and returns the wanted one. A resourceVersion that it sets and that is not the
    /// current one is a conflict; its absence means "whatever is there".
    /// </param>
    public async Task<JsonObject> UpdateAsync(
        ResourceDefinition resource,
        string ns,
        string name,
        WritePart part,
        Func<JsonObject, JsonObject> change,
        WriteOptions options,
        CancellationToken ct
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var current = Get(resource, ns, name);
            var wanted = change((JsonObject)current.DeepClone());
            var version = wanted.ResourceVersion;
            if (version.Length > 0 && version != current.ResourceVersion)
            {
                throw ApiException.Conflict(resource, name, Modified);
            }

            PrepareUpdate(resource, part, wanted, current);
            Warn(resource, wanted, current, options);
            if (JsonNode.DeepEquals(wanted, current) || options.IsDryRun)
            {
                return wanted;
            }

            try
            {
                return await WriteAsync(resource, wanted, long.Parse(current.ResourceVersion), ct);
            }
            catch (StoreException e) when (e.Reason == StoreReason.Conflict)
            {
                if (attempt == MaxTries)
                {
                    throw ApiException.Conflict(resource, name, Modified);
                }
            }
        }
    }

    /// <summary>
    /// For controllers: changes an object as it stands, without defaults and validation. The change answers false when
    /// there is nothing to do. Null when the object is gone.
    /// </summary>
    public async Task<JsonObject?> ChangeAsync(
        ResourceDefinition resource,
        string ns,
        string name,
        Func<JsonObject, bool> change,
        CancellationToken ct,
        bool keepsGeneration = false
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            if (Find(resource, ns, name) is not { } current)
            {
                return null;
            }

            var wanted = (JsonObject)current.DeepClone();
            if (!change(wanted))
            {
                return current;
            }

            if (!keepsGeneration)
            {
                BumpGeneration(resource, wanted, current);
            }

            try
            {
                return await WriteAsync(resource, wanted, long.Parse(current.ResourceVersion), ct);
            }
            catch (StoreException e) when (e.Reason == StoreReason.NotFound)
            {
                return null;
            }
            catch (StoreException e) when (e.Reason == StoreReason.Conflict && attempt < MaxTries)
            {
                // Somebody else was quicker: look again.
            }
        }
    }

    /// <summary>Stores the object, or removes it when it only waited for its last finalizer.</summary>
    private async Task<JsonObject> WriteAsync(
        ResourceDefinition resource,
        JsonObject wanted,
        long revision,
        CancellationToken ct
    )
    {
        var key = Key(resource, wanted.MetaNamespace, wanted.MetaName);
        var isReleased =
            wanted.IsDeleting
            && wanted.Finalizers.Count == 0
            && !wanted.At("spec").StringsAt("finalizers").Any()
            && (wanted.Meta.IntAt("deletionGracePeriodSeconds") ?? 0) == 0;
        return StoredJson.Parse(
            isReleased
                ? await store.DeleteAsync(key, revision, ct)
                : await store.UpdateAsync(key, StoredJson.ToBytes(wanted), revision, ct)
        );
    }

    private void PrepareNew(ResourceDefinition resource, string ns, JsonObject o)
    {
        var meta = o.Meta;
        Envelope(resource, o);
        foreach (
            var field in (ReadOnlySpan<string>)
                ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"]
        )
        {
            meta.Remove(field);
        }

        if (resource.IsNamespaced)
        {
            meta["namespace"] = ns;
        }

        meta["uid"] = Guid.NewGuid().ToString();
        meta["creationTimestamp"] = clock.GetUtcNow().ToWireTime();
        if (resource.HasGeneration)
        {
            meta["generation"] = 1;
        }

        resource.Default(o);
        resource.PrepareNew(o);
        resource.Admit(o, Find);
        Validate(resource, o, null);
    }

    private static void PrepareUpdate(
        ResourceDefinition resource,
        WritePart part,
        JsonObject wanted,
        JsonObject current
    )
    {
        Envelope(resource, wanted);
        KeepServerMetadata(resource, wanted.Meta, current.Meta);
        if (part == WritePart.Status)
        {
            // Labels and annotations may change with the status: a kubelet sets those of its node that way.
            foreach (var field in wanted.Select(f => f.Key).Except(StatusFields).ToList())
            {
                wanted.Remove(field);
            }

            foreach (var (field, value) in current.Where(f => !StatusFields.Contains(f.Key)))
            {
                wanted[field] = value?.DeepClone();
            }

            resource.PrepareStatus(wanted, current);
            Check(resource, wanted, errors => MetadataValidation.Validate(resource, wanted, current, errors));
            return;
        }

        if (resource.HasStatus)
        {
            Put(wanted, "status", current["status"]?.DeepClone());
        }

        resource.Default(wanted);
        Validate(resource, wanted, current);
        BumpGeneration(resource, wanted, current);
    }

    private static void Warn(ResourceDefinition resource, JsonObject o, JsonObject? old, WriteOptions options)
    {
        foreach (var warning in resource.Warnings(o, old))
        {
            options.Warn(warning);
        }
    }

    private static void KeepServerMetadata(ResourceDefinition resource, JsonObject meta, JsonObject current)
    {
        var uid = meta.StringAt("uid");
        if (uid is { Length: > 0 } && uid != current.StringAt("uid"))
        {
            throw ApiException.Conflict(
                resource,
                current.StringAt("name") ?? "",
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.StringAt("uid")}"
            );
        }

        foreach (
            var field in (ReadOnlySpan<string>)
                [
                    "uid",
                    "namespace",
                    "creationTimestamp",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "generation",
                    "resourceVersion",
                    "generateName",
                ]
        )
        {
            Put(meta, field, current[field]?.DeepClone());
        }
    }

    private static void BumpGeneration(ResourceDefinition resource, JsonObject wanted, JsonObject current)
    {
        if (resource.HasGeneration && !JsonNode.DeepEquals(wanted["spec"], current["spec"]))
        {
            wanted.Meta["generation"] = current.Generation + 1;
        }
    }

    /// <summary>What every stored object has, and what none has.</summary>
    private static void Envelope(ResourceDefinition resource, JsonObject o)
    {
        o["apiVersion"] = resource.StoredApiVersion;
        o["kind"] = resource.Kind;
        o.Meta.Remove("managedFields");
        o.Meta.Remove("selfLink");
    }

    private static void Validate(ResourceDefinition resource, JsonObject o, JsonObject? old) =>
        Check(
            resource,
            o,
            errors =>
            {
                MetadataValidation.Validate(resource, o, old, errors);
                resource.Validate(o, old, errors);
            }
        );

    private static void Check(ResourceDefinition resource, JsonObject o, Action<List<FieldError>> validate)
    {
        var errors = new List<FieldError>();
        validate(errors);
        if (errors.Count > 0)
        {
            throw ApiException.Invalid(resource, o.MetaName, errors);
        }
    }

    private void CheckNamespace(ResourceDefinition resource, string ns, JsonObject o)
    {
        if (!resource.IsNamespaced)
        {
            return;
        }

        if (o.MetaNamespace is { Length: > 0 } own && own != ns)
        {
            throw ApiException.BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            );
        }

        var home = Get(CoreResources.Namespaces, "", ns);
        if (home.IsDeleting)
        {
            throw ApiException.Forbidden(
                resource,
                o.MetaName,
                $"unable to create new content in namespace {ns} because it is being terminated"
            );
        }
    }

    internal static void Put(JsonObject target, string name, JsonNode? value)
    {
        if (value is null)
        {
            target.Remove(name);
        }
        else
        {
            target[name] = value;
        }
    }
}
