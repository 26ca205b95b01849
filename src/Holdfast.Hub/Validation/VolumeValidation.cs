using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about the volumes of a pod.</summary>
internal static class VolumeValidation
{
    private const int MaxMode = 0x1FF; // 0777

    // The limits of k8s.io/kubernetes/pkg/apis/core/validation: ten minutes and 2^32 seconds.
    private const long MinTokenSeconds = 600;
    private const long MaxTokenSeconds = 1L << 32;

    /// <summary>Returns the names that mounts may refer to.</summary>
    public static IReadOnlySet<string> Validate(JsonObject spec, string path, List<FieldError> errors)
    {
        var names = new HashSet<string>();
        foreach (var (volume, i) in spec.ObjectsAt("volumes").Select((v, i) => (v, i)))
        {
            var place = $"{path}[{i}]";
            var name = volume.StringAt("name") ?? "";
            if (name.Length == 0)
            {
                errors.Add(FieldError.Required($"{place}.name"));
            }
            else if (Names.CheckLabel(name) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{place}.name", name, problem));
            }
            else if (!names.Add(name))
            {
                errors.Add(FieldError.Duplicate($"{place}.name", name));
            }

            Source(volume, place, errors);
        }

        return names;
    }

    private static void Source(JsonObject volume, string place, List<FieldError> errors)
    {
        var sources = volume.Select(f => f.Key).Where(k => k != "name").ToList();
        if (sources.Count == 0)
        {
            errors.Add(FieldError.Required(place, "must specify a volume type"));
        }

        foreach (var extra in sources.Skip(1))
        {
            errors.Add(FieldError.Forbidden($"{place}.{extra}", "may not specify more than 1 volume type"));
        }

        if (volume.ObjectAt("hostPath") is { } host)
        {
            HostPath(host, place, errors);
        }

        if (
            volume.At("emptyDir").StringAt("sizeLimit") is { } limit
            && Quantity.TryParse(limit, out var size)
            && size.MilliValue < 0
        )
        {
            errors.Add(
                FieldError.Forbidden($"{place}.emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity")
            );
        }

        if (volume.ObjectAt("configMap") is { } map)
        {
            RequireName(map, "name", $"{place}.configMap", errors);
            Items(map, $"{place}.configMap", errors);
        }

        if (volume.ObjectAt("secret") is { } secret)
        {
            RequireName(secret, "secretName", $"{place}.secret", errors);
            Items(secret, $"{place}.secret", errors);
        }

        if (volume.ObjectAt("downwardAPI") is { } downward)
        {
            Downward(downward, $"{place}.downwardAPI", errors);
        }

        if (volume.ObjectAt("projected") is { } projected)
        {
            Projected(projected, $"{place}.projected", errors);
        }
    }

    private static void Projected(JsonObject projected, string place, List<FieldError> errors)
    {
        Mode(projected, "defaultMode", place, errors);
        foreach (var (source, i) in projected.ObjectsAt("sources").Select((s, i) => (s, i)))
        {
            var at = $"{place}.sources[{i}]";
            if (source.Count > 1)
            {
                errors.Add(FieldError.Forbidden(at, "may not specify more than 1 volume type"));
            }

            foreach (var field in (ReadOnlySpan<string>)["configMap", "secret"])
            {
                if (source.ObjectAt(field) is { } named)
                {
                    RequireName(named, "name", $"{at}.{field}", errors);
                    Items(named, $"{at}.{field}", errors);
                }
            }

            if (source.ObjectAt("downwardAPI") is { } downward)
            {
                Downward(downward, $"{at}.downwardAPI", errors);
            }

            if (source.ObjectAt("serviceAccountToken") is { } token)
            {
                Token(token, $"{at}.serviceAccountToken", errors);
            }
        }
    }

    private static void Token(JsonObject token, string place, List<FieldError> errors)
    {
        if (token.IntAt("expirationSeconds") is { } seconds)
        {
            if (seconds < MinTokenSeconds)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{place}.expirationSeconds",
                        seconds,
                        "may not specify a duration less than 10 minutes"
                    )
                );
            }
            else if (seconds > MaxTokenSeconds)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{place}.expirationSeconds",
                        seconds,
                        "may not specify a duration larger than 2^32 seconds"
                    )
                );
            }
        }

        FilePath(token, $"{place}.path", errors);
    }

    private static void Downward(JsonObject downward, string place, List<FieldError> errors)
    {
        Mode(downward, "defaultMode", place, errors);
        foreach (var (item, i) in downward.ObjectsAt("items").Select((x, i) => (x, i)))
        {
            var at = $"{place}.items[{i}]";
            FilePath(item, $"{at}.path", errors);
            Mode(item, "mode", at, errors);
            switch (item.ObjectAt("fieldRef"), item.ObjectAt("resourceFieldRef"))
            {
                case (not null, not null):
                    errors.Add(
                        FieldError.Invalid(
                            at,
                            "resource",
                            "fieldRef and resourceFieldRef can not be specified simultaneously"
                        )
                    );
                    break;
                case ({ } field, null):
                    EnvironmentValidation.VolumeField(field, $"{at}.fieldRef", errors);
                    break;
                case (null, { } resource):
                    EnvironmentValidation.VolumeResource(resource, $"{at}.resourceFieldRef", errors);
                    break;
                default:
                    errors.Add(FieldError.Required(at, "one of fieldRef and resourceFieldRef is required"));
                    break;
            }
        }
    }

    private static void HostPath(JsonObject host, string place, List<FieldError> errors)
    {
        var path = host.StringAt("path") ?? "";
        if (path.Length == 0)
        {
            errors.Add(FieldError.Required($"{place}.hostPath.path"));
        }

        if (path.Split('/').Contains(".."))
        {
            errors.Add(FieldError.Invalid($"{place}.hostPath.path", path, "must not contain '..'"));
        }

        PodValidation.OneOf(
            host,
            "type",
            $"{place}.hostPath",
            errors,
            "",
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket"
        );
    }

    private static void RequireName(JsonObject source, string field, string place, List<FieldError> errors)
    {
        if (source.StringAt(field) is null or "")
        {
            errors.Add(FieldError.Required($"{place}.{field}"));
        }
    }

    private static void Items(JsonObject source, string place, List<FieldError> errors)
    {
        Mode(source, "defaultMode", place, errors);
        foreach (var (item, i) in source.ObjectsAt("items").Select((x, i) => (x, i)))
        {
            if (item.StringAt("key") is null or "")
            {
                errors.Add(FieldError.Required($"{place}.items[{i}].key"));
            }

            FilePath(item, $"{place}.items[{i}].path", errors);
            Mode(item, "mode", $"{place}.items[{i}]", errors);
        }
    }

    private static void FilePath(JsonObject item, string place, List<FieldError> errors)
    {
        if (item.StringAt("path") is { Length: > 0 } path)
        {
            PathRules.NotReserved(path, place, errors);
        }
        else
        {
            errors.Add(FieldError.Required(place));
        }
    }

    private static void Mode(JsonObject owner, string field, string place, List<FieldError> errors)
    {
        if (owner.IntAt(field) is < 0 or > MaxMode)
        {
            errors.Add(
                FieldError.Invalid(
                    $"{place}.{field}",
                    owner.IntAt(field),
                    "must be a number between 0 and 0777 (octal), both inclusive"
                )
            );
        }
    }
}
