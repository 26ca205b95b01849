using Holdfast.Hub.Errors;
using Holdfast.Hub.Printing;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>Reads query parameters with the API server's types and messages.</summary>
internal static class QueryReading
{
    public static string Text(this HttpRequest request, string name) => request.Query[name].ToString();

    /// <summary>Whatever is there and is neither "0" nor "false" is yes, also "".</summary>
    public static bool Flag(this HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var values)
        && values[0] is not "0"
        && !string.Equals(values[0], "false", StringComparison.OrdinalIgnoreCase);

    public static long? Number(this HttpRequest request, string name) =>
        request.Text(name) is not { Length: > 0 } text ? null
        : long.TryParse(text, out var number) ? number
        : throw ApiException.BadRequest($"strconv.ParseInt: parsing \"{text}\": invalid syntax in parameter {name}");

    public static bool IsDryRun(this HttpRequest request)
    {
        var values = request.Query["dryRun"];
        if (values.Count == 0)
        {
            return false;
        }

        return values.All(v => v == "All")
            ? true
            : throw new ApiException(
                ApiReason.Invalid,
                $" \"\" is invalid: dryRun: Unsupported value: \"{values}\": supported values: \"All\""
            );
    }

    public static RowObject IncludeObject(this HttpRequest request) =>
        request.Text("includeObject") switch
        {
            "None" => RowObject.None,
            "Object" => RowObject.Object,
            "" or "Metadata" => RowObject.Metadata,
            var other => throw ApiException.BadRequest(
                $"includeObject: Invalid value: \"{other}\": must be 'Metadata', 'Object', 'None', or empty"
            ),
        };

    /// <summary>Null when absent or "0" (anything will do).</summary>
    public static long? ResourceVersion(this HttpRequest request)
    {
        var text = request.Text("resourceVersion");
        return text is "" or "0" ? null
            : long.TryParse(text, out var number) && number > 0 ? number
            : throw ApiException.BadRequest($"Invalid value: \"{text}\": resourceVersion must be a number");
    }
}
