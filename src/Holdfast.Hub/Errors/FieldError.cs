namespace Holdfast.Hub.Errors;

/// <summary>One finding of validation, worded as k8s.io/apimachinery/pkg/util/validation/field words it.</summary>
internal sealed record FieldError(string Type, string Field, string Detail, string Text)
{
    public static FieldError Required(string field, string detail = "") =>
        new("FieldValueRequired", field, detail, Join("Required value", detail));

    public static FieldError Invalid(string field, object? value, string detail) =>
        new("FieldValueInvalid", field, detail, Join($"Invalid value: {Quote(value)}", detail));

    public static FieldError NotSupported(string field, string value, params string[] supported)
    {
        var detail = "supported values: " + string.Join(", ", supported.Select(s => $"\"{s}\""));
        return new("FieldValueNotSupported", field, detail, Join($"Unsupported value: {Quote(value)}", detail));
    }

    public static FieldError Duplicate(string field, object value) =>
        new("FieldValueDuplicate", field, "", $"Duplicate value: {Quote(value)}");

    public static FieldError Forbidden(string field, string detail) =>
        new("FieldValueForbidden", field, detail, Join("Forbidden", detail));

    public static FieldError NotFound(string field, object value) =>
        new("FieldValueNotFound", field, "", $"Not found: {Quote(value)}");

    public static FieldError TooLong(string field, int max) =>
        new("FieldValueTooLong", field, "", $"Too long: may not be more than {max} bytes");

    /// <summary>One finding as it is, several in brackets: as utilerrors.Aggregate prints them.</summary>
    public static string Join(IReadOnlyList<FieldError> errors) =>
        errors.Count == 1 ? errors[0].ToString() : $"[{string.Join(", ", errors)}]";

    public override string ToString() => $"{Field}: {Text}";

    private static string Join(string head, string detail) => detail.Length == 0 ? head : $"{head}: {detail}";

    private static string Quote(object? value) =>
        value switch
        {
            null => "null",
            string text => $"\"{text}\"",
            bool flag => flag ? "true" : "false",
            System.Text.Json.Nodes.JsonNode json => json.ToJsonString(),
            _ => value.ToString() ?? "",
        };
}
