using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about the volumes of a pod.</summary>
internal static class VolumeValidation
{
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
        foreach (var (item, i) in source.ObjectsAt("items").Select((x, i) => (x, i)))
        {
            if (item.StringAt("key") is null or "")
            {
                errors.Add(FieldError.Required($"{place}.items[{i}].key"));
            }

            var path = item.StringAt("path") ?? "";
            if (path.Length == 0)
            {
                errors.Add(FieldError.Required($"{place}.items[{i}].path"));
            }
            else if (path.StartsWith('/'))
            {
                errors.Add(FieldError.Invalid($"{place}.items[{i}].path", path, "must be a relative path"));
            }
            else if (path.Split('/').Contains(".."))
            {
                errors.Add(FieldError.Invalid($"{place}.items[{i}].path", path, "must not contain '..'"));
            }
        }
    }
}
