using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about config maps and secrets.</summary>
internal static class DataValidation
{
    /// <summary>Bytes of all entries together: 1 MiB, Kubernetes' MaxSecretSize.</summary>
    private const int MaxBytes = 1 << 20;

    public static void ConfigMap(JsonObject map, JsonObject? old, List<FieldError> errors)
    {
        var size = Keys(map, "data", errors) + Keys(map, "binaryData", errors);
        foreach (var (key, _) in map.ObjectAt("binaryData") ?? [])
        {
            if (map.ObjectAt("data")?.ContainsKey(key) == true)
            {
                errors.Add(FieldError.Invalid($"binaryData.{key}", key, "duplicate of key present in data"));
            }
        }

        if (size > MaxBytes)
        {
            errors.Add(FieldError.TooLong("", MaxBytes));
        }

        Immutable(map, old, ["data", "binaryData"], errors);
    }

    public static void Secret(JsonObject secret, JsonObject? old, List<FieldError> errors)
    {
        if (Keys(secret, "data", errors) > MaxBytes)
        {
            errors.Add(FieldError.TooLong("data", MaxBytes));
        }

        var type = secret.StringAt("type");
        if (old is not null && old.StringAt("type") != type)
        {
            errors.Add(FieldError.Invalid("type", type, "field is immutable"));
        }

        foreach (var key in RequiredKeys(type))
        {
            if (secret.ObjectAt("data")?.ContainsKey(key) != true)
            {
                errors.Add(FieldError.Required($"data[{key}]"));
            }
        }

        Immutable(secret, old, ["data"], errors);
    }

    private static string[] RequiredKeys(string? type) =>
        type switch
        {
            "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
            "kubernetes.io/dockercfg" => [".dockercfg"],
            "kubernetes.io/tls" => ["tls.crt", "tls.key"],
            "kubernetes.io/ssh-auth" => ["ssh-privatekey"],
            _ => [],
        };

    private static int Keys(JsonObject o, string field, List<FieldError> errors)
    {
        var size = 0;
        foreach (var (key, value) in o.ObjectAt(field) ?? [])
        {
            size += Encoding.UTF8.GetByteCount(value.AsText() ?? "");
            if (Names.CheckConfigKey(key) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{field}[{key}]", key, problem));
            }
        }

        return size;
    }

    private static void Immutable(JsonObject now, JsonObject? old, string[] fields, List<FieldError> errors)
    {
        if (old is null || !old.BoolAt("immutable"))
        {
            return;
        }

        if (!now.BoolAt("immutable"))
        {
            errors.Add(FieldError.Forbidden("immutable", "field is immutable when `immutable` is set"));
        }

        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(now.ObjectAt(field), old.ObjectAt(field)))
            {
                errors.Add(FieldError.Forbidden(field, "field is immutable when `immutable` is set"));
            }
        }
    }
}
