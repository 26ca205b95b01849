using Holdfast.Hub.Errors;

namespace Holdfast.Hub.Validation;

/// <summary>Rules for paths inside volumes.</summary>
internal static class PathRules
{
    /// <summary>A path that stays below where it starts.</summary>
    public static void Descending(string path, string place, List<FieldError> errors)
    {
        if (path.StartsWith('/'))
        {
            errors.Add(FieldError.Invalid(place, path, "must be a relative path"));
        }

        if (path.Split('/').Contains(".."))
        {
            errors.Add(FieldError.Invalid(place, path, "must not contain '..'"));
        }
    }

    /// <summary>A file of a volume: the names that begin with two dots are the node's own.</summary>
    public static void NotReserved(string path, string place, List<FieldError> errors)
    {
        Descending(path, place, errors);
        if (path.StartsWith("..", StringComparison.Ordinal) && !path.StartsWith("../", StringComparison.Ordinal))
        {
            errors.Add(FieldError.Invalid(place, path, "must not start with '..'"));
        }
    }
}
