using System.Text.Json;
using Holdfast.Cri.V1;

namespace Holdfast.Cri;

/// <summary>Which handler runs a sandbox, whoever asked for it: a runtime's list alone does not tell.</summary>
public static class SandboxHandler
{
    /// <summary>containerd runs a pod with this annotation in the handler <c>untrusted</c> and lists no handler for it.</summary>
    private const string UntrustedAnnotation = "io.kubernetes.cri.untrusted-workload";

    private const string CrioAnnotation = "io.kubernetes.cri-o.RuntimeHandler";

    /// <param name="isCrio">Whether the runtime is CRI-O, which is then asked for the details of the sandbox.</param>
    /// <returns>"" for the runtime's default handler; null when it cannot be told.</returns>
    public static async Task<string?> FindAsync(
        RuntimeEndpoint endpoint,
        PodSandbox sandbox,
        bool isCrio,
        CancellationToken cancellationToken
    )
    {
        if (RuntimeLabels.HandlerOf(sandbox) is { Length: > 0 } handler)
        {
            return handler;
        }

        if (!isCrio)
        {
            return sandbox.Annotations.GetValueOrDefault(UntrustedAnnotation) == "true" ? "untrusted" : "";
        }

        try
        {
            var request = new PodSandboxStatusRequest { PodSandboxId = sandbox.Id, Verbose = true };
            return ReadCrio(await endpoint.PodSandboxStatusAsync(request, cancellationToken));
        }
        catch (CriException gone) when (gone.Reason == CriReason.NotFound)
        {
            return null;
        }
    }

    /// <summary>From the OCI specification among the details; null where this version of CRI-O does not show it.</summary>
    internal static string? ReadCrio(PodSandboxStatusResponse status)
    {
        if (!status.Info.TryGetValue("info", out var text))
        {
            return null;
        }

        try
        {
            using var details = JsonDocument.Parse(text);
            return
                details.RootElement.ValueKind == JsonValueKind.Object
                && details.RootElement.TryGetProperty("runtimeSpec", out var spec)
                && spec.ValueKind == JsonValueKind.Object
                && spec.TryGetProperty("annotations", out var annotations)
                && annotations.ValueKind == JsonValueKind.Object
                && annotations.TryGetProperty(CrioAnnotation, out var found)
                && found.ValueKind == JsonValueKind.String
                ? found.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
