using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about the security contexts of a pod and of its containers.</summary>
internal static partial class SecurityValidation
{
    private const int LongestSysctl = 253;
    private const string SysctlPattern = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";

    private static readonly string[] IpcSysctls = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."];

    public static void OfPod(JsonObject spec, string path, List<FieldError> errors)
    {
        if (spec.BoolAt("shareProcessNamespace") && spec.BoolAt("hostPID"))
        {
            errors.Add(
                FieldError.Invalid(
                    $"{path}.shareProcessNamespace",
                    true,
                    "ShareProcessNamespace and HostPID cannot both be enabled"
                )
            );
        }

        if (spec.At("hostUsers") is not null && !spec.BoolAt("hostUsers"))
        {
            foreach (var field in (ReadOnlySpan<string>)["hostNetwork", "hostPID", "hostIPC"])
            {
                if (spec.BoolAt(field))
                {
                    errors.Add(FieldError.Forbidden($"{path}.{field}", "when `hostUsers` is false"));
                }
            }
        }

        if (spec.ObjectAt("securityContext") is not { } context)
        {
            return;
        }

        path += ".securityContext";
        foreach (var field in (ReadOnlySpan<string>)["fsGroup", "runAsUser", "runAsGroup"])
        {
            PodValidation.Range(context, field, 0, path, errors);
        }

        foreach (var (group, i) in (context.ArrayAt("supplementalGroups") ?? []).Select((g, i) => (g.AsInt(), i)))
        {
            if (group is < 0 or > int.MaxValue)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.supplementalGroups[{i}]",
                        group,
                        $"must be between 0 and {int.MaxValue}, inclusive"
                    )
                );
            }
        }

        PodValidation.OneOf(context, "fsGroupChangePolicy", path, errors, "Always", "OnRootMismatch");
        PodValidation.OneOf(context, "supplementalGroupsPolicy", path, errors, "Merge", "Strict");
        Sysctls(spec, context, $"{path}.sysctls", errors);
        Profile(context, "seccompProfile", "seccomp", path, errors);
        Profile(context, "appArmorProfile", "AppArmor", path, errors);
    }

    public static void OfContainer(JsonObject container, string path, List<FieldError> errors)
    {
        if (container.ObjectAt("securityContext") is not { } context)
        {
            return;
        }

        path += ".securityContext";
        PodValidation.Range(context, "runAsUser", 0, path, errors);
        PodValidation.Range(context, "runAsGroup", 0, path, errors);
        PodValidation.OneOf(context, "procMount", path, errors, "Default", "Unmasked");
        Profile(context, "seccompProfile", "seccomp", path, errors);
        Profile(context, "appArmorProfile", "AppArmor", path, errors);
        if (context.At("allowPrivilegeEscalation") is null || context.BoolAt("allowPrivilegeEscalation"))
        {
            return;
        }

        if (context.BoolAt("privileged"))
        {
            errors.Add(
                FieldError.Invalid(
                    path,
                    context,
                    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
                )
            );
        }

        if (context.At("capabilities").StringsAt("add").Contains("CAP_SYS_ADMIN"))
        {
            errors.Add(
                FieldError.Invalid(
                    path,
                    context,
                    "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
                )
            );
        }
    }

    private static void Sysctls(JsonObject spec, JsonObject context, string path, List<FieldError> errors)
    {
        var names = new HashSet<string>();
        foreach (var (name, i) in context.ObjectsAt("sysctls").Select((s, i) => (s.StringAt("name") ?? "", i)))
        {
            var place = $"{path}[{i}].name";
            if (name.Length == 0)
            {
                errors.Add(FieldError.Required(place));
            }
            else if (name.Length > LongestSysctl || !SysctlRegex().IsMatch(name))
            {
                errors.Add(
                    FieldError.Invalid(
                        place,
                        name,
                        $"must have at most {LongestSysctl} characters and match regex ^{SysctlPattern}$"
                    )
                );
            }
            else if (!names.Add(name))
            {
                errors.Add(FieldError.Duplicate(place, name));
            }

            // With slashes the same setting has another spelling.
            var dotted = name.Replace('/', '.');
            if (spec.BoolAt("hostNetwork") && dotted.StartsWith("net.", StringComparison.Ordinal))
            {
                errors.Add(FieldError.Invalid(place, name, "may not be specified when 'hostNetwork' is true"));
            }

            if (spec.BoolAt("hostIPC") && IpcSysctls.Any(s => dotted.StartsWith(s, StringComparison.Ordinal)))
            {
                errors.Add(FieldError.Invalid(place, name, "may not be specified when 'hostIPC' is true"));
            }
        }
    }

    private static void Profile(JsonObject context, string field, string kind, string path, List<FieldError> errors)
    {
        if (context.ObjectAt(field) is not { } profile)
        {
            return;
        }

        path = $"{path}.{field}";
        var type = profile.StringAt("type") ?? "";
        var file = profile.StringAt("localhostProfile");
        if (type.Length == 0)
        {
            errors.Add(FieldError.Required($"{path}.type", $"type is required when {field} is set"));
        }

        PodValidation.OneOf(profile, "type", path, errors, "Localhost", "RuntimeDefault", "Unconfined");
        if (type == "Localhost" && string.IsNullOrEmpty(file))
        {
            errors.Add(FieldError.Required($"{path}.localhostProfile", $"must be set when {kind} type is Localhost"));
        }
        else if (type == "Localhost")
        {
            PathRules.Descending(file!, $"{path}.localhostProfile", errors);
        }
        else if (file is not null)
        {
            errors.Add(
                FieldError.Invalid($"{path}.localhostProfile", file, $"can only be set when {kind} type is Localhost")
            );
        }
    }

    [GeneratedRegex("^" + SysctlPattern + @"\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex SysctlRegex();
}
