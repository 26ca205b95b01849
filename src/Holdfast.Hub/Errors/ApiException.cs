using System.Text.Json.Nodes;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Errors;

/// <summary>
/// A request that cannot be served, worded as the Kubernetes API server words it. Becomes one metav1.Status object at
/// the edge. Immutable.
/// </summary>
internal sealed class ApiException(ApiReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public ApiReason Reason { get; } = reason;

    /// <summary>details.name, details.group, details.kind of the Status; empty when the request named no object.</summary>
    public string Name { get; init; } = "";
    public string Group { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Uid { get; init; } = "";
    public IReadOnlyList<FieldError> Causes { get; init; } = [];

    /// <summary>details.retryAfterSeconds; 0 when there is nothing to wait for.</summary>
    public int RetryAfterSeconds { get; init; }

    public int Code =>
        Reason switch
        {
            ApiReason.BadRequest => 400,
            ApiReason.Unauthorized => 401,
            ApiReason.Forbidden => 403,
            ApiReason.NotFound => 404,
            ApiReason.MethodNotAllowed => 405,
            ApiReason.NotAcceptable => 406,
            ApiReason.AlreadyExists or ApiReason.Conflict => 409,
            ApiReason.Gone or ApiReason.Expired => 410,
            ApiReason.RequestEntityTooLarge => 413,
            ApiReason.UnsupportedMediaType => 415,
            ApiReason.Invalid => 422,
            ApiReason.ServiceUnavailable => 503,
            ApiReason.Timeout => 504,
            _ => 500,
        };

    public static ApiException BadRequest(string message) => new(ApiReason.BadRequest, message);

    public static ApiException NotFound(ResourceDefinition resource, string name) =>
        About(ApiReason.NotFound, resource, name, $"{resource.QualifiedName} \"{name}\" not found");

    public static ApiException AlreadyExists(ResourceDefinition resource, string name) =>
        About(ApiReason.AlreadyExists, resource, name, $"{resource.QualifiedName} \"{name}\" already exists");

    public static ApiException Conflict(ResourceDefinition resource, string name, string cause) =>
        About(
            ApiReason.Conflict,
            resource,
            name,
            $"Operation cannot be fulfilled on {resource.QualifiedName} \"{name}\": {cause}"
        );

    public static ApiException Forbidden(ResourceDefinition resource, string name, string cause) =>
        About(ApiReason.Forbidden, resource, name, $"{resource.QualifiedName} \"{name}\" is forbidden: {cause}");

    public static ApiException MethodNotAllowed() =>
        new(ApiReason.MethodNotAllowed, "the server does not allow this method on the requested resource");

    public static ApiException PathNotFound() =>
        new(ApiReason.NotFound, "the server could not find the requested resource");

    public static ApiException Expired(string message) => new(ApiReason.Expired, message);

    /// <summary>
    /// The store was replaced by another, or the version is made up. client-go lists anew without a version only when it finds
    /// this cause; without it, it asks for the same version for ever.
    /// </summary>
    public static ApiException TooLargeResourceVersion(long asked, long current) =>
        new(ApiReason.Timeout, $"Timeout: Too large resource version: {asked}, current: {current}")
        {
            Causes = [new("ResourceVersionTooLarge", "", "", "Too large resource version")],
            RetryAfterSeconds = 1,
        };

    public static ApiException Invalid(ResourceDefinition resource, string name, IReadOnlyList<FieldError> errors)
    {
        var kind = resource.Group.Length == 0 ? resource.Kind : $"{resource.Kind}.{resource.Group}";
        return new(ApiReason.Invalid, $"{kind} \"{name}\" is invalid: {FieldError.Join(errors)}")
        {
            Name = name,
            Group = resource.Group,
            Kind = resource.Kind,
            Causes = errors,
        };
    }

    /// <summary>The metav1.Status that tells a client of this failure.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = Message,
            ["reason"] = Reason.ToString(),
        };
        var details = new JsonObject();
        Put(details, "name", Name);
        Put(details, "group", Group);
        Put(details, "kind", Kind);
        Put(details, "uid", Uid);
        if (Causes.Count > 0)
        {
            details["causes"] = new JsonArray([
                .. Causes.Select(c =>
                {
                    var cause = new JsonObject { ["reason"] = c.Type, ["message"] = c.Text };
                    Put(cause, "field", c.Field);
                    return (JsonNode)cause;
                }),
            ]);
        }

        if (RetryAfterSeconds > 0)
        {
            details["retryAfterSeconds"] = RetryAfterSeconds;
        }

        if (details.Count > 0)
        {
            status["details"] = details;
        }

        status["code"] = Code;
        return status;
    }

    private static ApiException About(ApiReason reason, ResourceDefinition resource, string name, string message) =>
        new(reason, message)
        {
            Name = name,
            Group = resource.Group,
            Kind = resource.Plural,
        };

    private static void Put(JsonObject target, string key, string value)
    {
        if (value.Length > 0)
        {
            target[key] = value;
        }
    }
}
