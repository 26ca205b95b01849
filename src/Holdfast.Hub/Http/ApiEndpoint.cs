using System.Text.Json;
using Holdfast.Hub.Discovery;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Logs;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Streams;
using Holdfast.Hub.Verbs;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Http;

/// <summary>
/// The one request handler of both listeners: who may, which place, which verb, and how a failure is told. Thread-safe.
/// </summary>
internal sealed class ApiEndpoint(
    ResourceTable table,
    ObjectAccess objects,
    PodLogReader logs,
    StreamVerbs streams,
    DiscoveryPages discovery,
    ILogger logger,
    CancellationToken stopping
)
{
    public async Task HandleAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await DispatchAsync(context, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client hung up or the Hub stops: nobody is there to be told.
        }
        catch (Exception e)
            when (context.RequestAborted.IsCancellationRequested && e is IOException or InvalidOperationException)
        {
            // The connection broke while the answer was under way.
        }
        catch (Exception e)
        {
            await AnswerFailureAsync(context, e);
        }
    }

    private async Task DispatchAsync(HttpContext context, CancellationToken ct)
    {
        var path = context.Request.Path;
        if (path.Value is "/healthz" or "/livez" or "/readyz")
        {
            await ApiAnswer.WriteTextAsync(context, "ok");
            return;
        }

        if (path.Value == "/version")
        {
            await ApiAnswer.WriteAsync(context, VersionPage.Document());
            return;
        }

        if (!IsTrusted(context))
        {
            throw new ApiException(ApiReason.Unauthorized, "Unauthorized");
        }

        if (await discovery.TryAnswerAsync(context))
        {
            return;
        }

        var request = ApiRequest.Parse(path, table) ?? throw ApiException.PathNotFound();
        await RunAsync(new ApiCall(context, request, objects, ct));
    }

    /// <summary>The socket belongs to root alone; over TLS only certificates of our own authority pass the handshake.</summary>
    private static bool IsTrusted(HttpContext context) =>
        context.Features.Get<OwnerConnection>() is not null || context.Connection.ClientCertificate is not null;

    private Task RunAsync(ApiCall call)
    {
        var method = call.Request.Method;
        return call.Path switch
        {
            { Subresource: "" or "status" or "finalize", Name: not "" } => ObjectVerb(call, method),
            { Subresource: "scale" } => ScaleVerb(call, method),
            { Subresource: "log" } when method == HttpMethods.Get => logs.RunAsync(call),
            { Subresource: "binding" } when method == HttpMethods.Post => BindingVerb.RunAsync(call),
            { Subresource: "exec" } when method is "GET" or "POST" => streams.ExecAsync(call),
            { Subresource: "attach" } when method is "GET" or "POST" => streams.AttachAsync(call),
            { Subresource: "portforward" } when method is "GET" or "POST" => streams.PortForwardAsync(call),
            { Subresource: not "" } => throw ApiException.MethodNotAllowed(),
            _ => CollectionVerb(call, method),
        };
    }

    private static Task ObjectVerb(ApiCall call, string method) =>
        method switch
        {
            "GET" when call.Request.Flag("watch") => throw ApiException.MethodNotAllowed(),
            "GET" or "HEAD" => GetVerb.RunAsync(call),
            "PUT" => WriteVerbs.ReplaceAsync(call),
            "PATCH" => PatchVerb.RunAsync(call),
            "DELETE" when call.Path.Subresource.Length == 0 => DeleteVerbs.DeleteAsync(call),
            _ => throw ApiException.MethodNotAllowed(),
        };

    private static Task CollectionVerb(ApiCall call, string method)
    {
        var allNamespaces = call.Resource.IsNamespaced && call.Path.Namespace.Length == 0;
        return method switch
        {
            "GET" when call.Request.Flag("watch") => WatchVerb.RunAsync(call),
            "GET" => ListVerb.RunAsync(call),
            "POST" when !allNamespaces => WriteVerbs.CreateAsync(call),
            "DELETE" when !allNamespaces => DeleteVerbs.DeleteCollectionAsync(call),
            _ => throw ApiException.MethodNotAllowed(),
        };
    }

    private static Task ScaleVerb(ApiCall call, string method) =>
        method switch
        {
            "GET" => ScaleVerbs.GetAsync(call),
            "PUT" => ScaleVerbs.ReplaceAsync(call),
            "PATCH" => ScaleVerbs.PatchAsync(call),
            _ => throw ApiException.MethodNotAllowed(),
        };

    private async Task AnswerFailureAsync(HttpContext context, Exception cause)
    {
        var error = ToApiException(cause);
        if (error.Code == StatusCodes.Status500InternalServerError)
        {
            HubLog.RequestFailed(logger, cause, context.Request.Method, context.Request.Path);
        }

        if (context.Response.HasStarted)
        {
            // Too late for a status: a broken stream is how the client learns of it.
            context.Abort();
            return;
        }

        context.Response.Clear();
        try
        {
            await ApiAnswer.WriteErrorAsync(context, error);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone.
        }
    }

    private static ApiException ToApiException(Exception cause) =>
        cause switch
        {
            ApiException error => error,
            KubeException e => new ApiException(ApiReason.BadRequest, e.Message, e),
            JsonException e => new ApiException(ApiReason.BadRequest, $"cannot read the request body: {e.Message}", e),
            BadHttpRequestException e => new ApiException(ApiReason.BadRequest, e.Message, e),
            StoreException { Reason: StoreReason.TooLarge } e => new ApiException(
                ApiReason.RequestEntityTooLarge,
                e.Message,
                e
            ),
            StoreException { Reason: StoreReason.TooOld } e => new ApiException(ApiReason.Expired, e.Message, e),
            StoreException { Reason: StoreReason.Conflict } e => new ApiException(ApiReason.Conflict, e.Message, e),
            StoreException { Reason: StoreReason.NotFound } e => new ApiException(ApiReason.NotFound, e.Message, e),
            StoreException e => new ApiException(ApiReason.ServiceUnavailable, e.Message, e),
            _ => new ApiException(ApiReason.InternalError, $"internal error: {cause.Message}", cause),
        };
}
