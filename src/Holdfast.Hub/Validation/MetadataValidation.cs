using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about metadata that hold for every kind.</summary>
internal static class MetadataValidation
{
    /// <summary>All annotations of an object together: 256 KiB, Kubernetes' TotalAnnotationSizeLimitB.</summary>
    private const int MaxAnnotationBytes = 256 << 10;

    /// <summary>Finalizers without a domain: those of k8s.io/api/core/v1 and of the garbage collector.</summary>
    private static readonly string[] StandardFinalizers =
    [
        "kubernetes",
        ObjectAccess.OrphanFinalizer,
        ObjectAccess.ForegroundFinalizer,
    ];

    private static readonly string[] Immutable = ["name", "namespace", "uid", "creationTimestamp"];

    public static void Validate(ResourceDefinition resource, JsonObject o, JsonObject? old, List<FieldError> errors)
    {
        var name = o.MetaName;
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required("metadata.name", "name or generateName is required"));
        }
        else if ((resource.NameIsSubdomain ? Names.CheckSubdomain(name) : Names.CheckLabel(name)) is { } problem)
        {
            errors.Add(FieldError.Invalid("metadata.name", name, problem));
        }

        Labels(o.Labels, "metadata.labels", errors);
        Annotations(o.Annotations, "metadata.annotations", errors);
        OwnerReferences(o, errors);
        Finalizers(o, old, errors);
        if (old is not null)
        {
            foreach (var field in Immutable)
            {
                var value = o.Meta.StringAt(field);
                if (value != old.Meta.StringAt(field))
                {
                    errors.Add(FieldError.Invalid($"metadata.{field}", value, "field is immutable"));
                }
            }
        }
    }

    private static void Finalizers(JsonObject o, JsonObject? old, List<FieldError> errors)
    {
        const string Path = "metadata.finalizers";
        foreach (var finalizer in o.Finalizers)
        {
            if (Names.CheckQualifiedName(finalizer) is { } cause)
            {
                errors.Add(FieldError.Invalid(Path, finalizer, cause));
            }
            else if (!finalizer.Contains('/') && !StandardFinalizers.Contains(finalizer))
            {
                errors.Add(
                    FieldError.Invalid(
                        Path,
                        finalizer,
                        "name is neither a standard finalizer name nor is it fully qualified"
                    )
                );
            }
        }

        if (
            o.Finalizers.Contains(ObjectAccess.OrphanFinalizer)
            && o.Finalizers.Contains(ObjectAccess.ForegroundFinalizer)
        )
        {
            errors.Add(
                FieldError.Invalid(
                    Path,
                    o.At("metadata", "finalizers"),
                    "finalizer orphan and foregroundDeletion cannot be both set"
                )
            );
        }

        if (old?.IsDeleting == true && o.Finalizers.Except(old.Finalizers).Order().ToList() is { Count: > 0 } added)
        {
            var names = string.Join(", ", added.Select(f => $"\"{f}\""));
            errors.Add(
                FieldError.Forbidden(
                    Path,
                    "no new finalizers can be added if the object is being deleted, found new finalizers "
                        + $"[]string{{{names}}}"
                )
            );
        }
    }

    public static void Labels(IReadOnlyDictionary<string, string> labels, string path, List<FieldError> errors)
    {
        foreach (var (key, value) in labels)
        {
            if (Names.CheckQualifiedName(key) is { } keyProblem)
            {
                errors.Add(FieldError.Invalid(path, key, keyProblem));
            }

            if (Names.CheckLabelValue(value) is { } valueProblem)
            {
                errors.Add(FieldError.Invalid(path, value, valueProblem));
            }
        }
    }

    public static void Annotations(IReadOnlyDictionary<string, string> notes, string path, List<FieldError> errors)
    {
        var bytes = 0;
        foreach (var (key, value) in notes)
        {
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
            if (Names.CheckQualifiedName(key.ToLowerInvariant()) is { } problem)
            {
                errors.Add(FieldError.Invalid(path, key, problem));
            }
        }

        if (bytes > MaxAnnotationBytes)
        {
            errors.Add(FieldError.TooLong(path, MaxAnnotationBytes));
        }
    }

    private static void OwnerReferences(JsonObject o, List<FieldError> errors)
    {
        var controllers = 0;
        foreach (var (reference, i) in o.At("metadata").ObjectsAt("ownerReferences").Select((r, i) => (r, i)))
        {
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid"])
            {
                if (reference.StringAt(field) is null or "")
                {
                    errors.Add(FieldError.Invalid($"metadata.ownerReferences[{i}].{field}", "", "must not be empty"));
                }
            }

            controllers += reference.BoolAt("controller") ? 1 : 0;
        }

        if (controllers > 1)
        {
            errors.Add(
                FieldError.Invalid("metadata.ownerReferences", "", "Only one reference can have Controller set to true")
            );
        }
    }
}
