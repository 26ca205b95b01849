using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Verbs;

/// <summary>Where a watch begins: what resourceVersion, resourceVersionMatch and sendInitialEvents say together.</summary>
internal static class WatchOptions
{
    private const string InitialEvents = "sendInitialEvents";
    private const string Match = "resourceVersionMatch";
    private const string NotOlderThan = "NotOlderThan";

    /// <summary>The revision to begin at; null to begin with all objects of now.</summary>
    /// <exception cref="ApiException">Invalid: the options contradict each other.</exception>
    public static long? From(HttpRequest request, long newest)
    {
        var match = request.Text(Match);
        var says = request.Query.ContainsKey(InitialEvents);
        var errors = new List<FieldError>();
        if (says && match != NotOlderThan)
        {
            errors.Add(FieldError.Forbidden(Match, $"{InitialEvents} requires setting {Match} to {NotOlderThan}"));
        }

        if (match.Length > 0 && !says)
        {
            errors.Add(
                FieldError.Forbidden(Match, $"{Match} is forbidden for watch unless {InitialEvents} is provided")
            );
        }

        if (match is not ("" or NotOlderThan))
        {
            errors.Add(FieldError.NotSupported(Match, match, NotOlderThan));
        }

        if (errors.Count > 0)
        {
            throw new ApiException(
                ApiReason.Invalid,
                $"ListOptions.meta.k8s.io \"\" is invalid: {FieldError.Join(errors)}"
            )
            {
                Group = "meta.k8s.io",
                Kind = "ListOptions",
                Causes = errors,
            };
        }

        return request.ResourceVersion() ?? (says && !request.Flag(InitialEvents) ? newest : null);
    }
}
