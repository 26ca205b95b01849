namespace Holdfast.Hub.Verbs;

/// <summary>GET on one object or on its status.</summary>
internal static class GetVerb
{
    public static Task RunAsync(ApiCall call) =>
        call.AnswerAsync(call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name));
}
