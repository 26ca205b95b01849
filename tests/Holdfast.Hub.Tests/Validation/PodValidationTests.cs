using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Validation;

namespace Holdfast.Hub.Tests.Validation;

/// <summary>Findings about pods in Kubernetes' words. The cases without a path are about the first container.</summary>
public sealed class PodValidationTests
{
    [Theory]
    [InlineData(
        """{"ports":[{"containerPort":80,"hostPort":81,"hostIP":"not-an-ip"}]}""",
        """ports[0].hostIP: Invalid value: "not-an-ip": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"""
    )]
    [InlineData(
        """{"volumeMounts":[{"name":"v","mountPath":"/x","subPath":"a","subPathExpr":"b"}]}""",
        """volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive"""
    )]
    [InlineData(
        """{"volumeMounts":[{"name":"v","mountPath":"/x","subPathExpr":"../b"}]}""",
        """volumeMounts[0].subPathExpr: Invalid value: "../b": must not contain '..'"""
    )]
    [InlineData(
        """{"volumeMounts":[{"name":"v","mountPath":"/x","mountPropagation":"Bidirectional"}]}""",
        "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"
    )]
    [InlineData(
        """{"securityContext":{"runAsUser":-5}}""",
        "securityContext.runAsUser: Invalid value: -5: must be between 0 and 2147483647, inclusive"
    )]
    [InlineData(
        """{"securityContext":{"privileged":true,"allowPrivilegeEscalation":false}}""",
        """securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"""
    )]
    [InlineData(
        """{"securityContext":{"seccompProfile":{"type":"Localhost"}}}""",
        "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"
    )]
    [InlineData("""{"restartPolicy":"Always"}""", "restartPolicy: Forbidden: may not be set for non-init containers")]
    [InlineData(
        """{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.phase"}}}]}""",
        """env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs" """
    )]
    [InlineData(
        """{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"spec.foo"}}}]}""",
        """env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo"""
    )]
    [InlineData(
        """{"env":[{"name":"A","valueFrom":{"resourceFieldRef":{"resource":"limits.foo"}}}]}""",
        """env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.foo": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory" """
    )]
    [InlineData(
        """{"resources":{"limits":{"foo":"1"}}}""",
        """resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified"""
    )]
    [InlineData(
        """{"resources":{"limits":{"example.com/dongle":"1500m"}}}""",
        """resources.limits[example.com/dongle]: Invalid value: "1500m": must be an integer"""
    )]
    [InlineData(
        """{"resources":{"requests":{"example.com/dongle":"1"}}}""",
        "resources.limits: Required value: Limit must be set for non overcommitable resources"
    )]
    [InlineData(
        """{"resources":{"limits":{"hugepages-2Mi":"4Mi"}}}""",
        "resources: Forbidden: HugePages require cpu or memory"
    )]
    [InlineData(
        """{"lifecycle":{"preStop":{"sleep":{"seconds":31}}}}""",
        "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"
    )]
    [InlineData(
        """{"readinessProbe":{"exec":{"command":["x"]},"terminationGracePeriodSeconds":3}}""",
        "readinessProbe.terminationGracePeriodSeconds: Invalid value: 3: must not be set for readinessProbes"
    )]
    public void A_container_is_refused_in_kubernetes_words(string container, string finding)
    {
        var pod = JsonNode.Parse("""{"spec":{"volumes":[{"name":"v"}],"containers":[]}}""")!.AsObject();
        var wanted = JsonNode.Parse(container)!.AsObject();
        wanted["name"] = "c";
        wanted["image"] = "i";
        pod["spec"]!["containers"]!.AsArray().Add((JsonNode)wanted);

        Assert.Contains($"spec.containers[0].{finding.TrimEnd()}", Findings(pod));
    }

    [Theory]
    [InlineData(
        """{"volumes":[{"name":"t","emptyDir":{"sizeLimit":"-1Gi"}}]}""",
        "spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"
    )]
    [InlineData(
        """{"volumes":[{"name":"t","configMap":{"name":"m","defaultMode":1000}}]}""",
        "spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive"
    )]
    [InlineData(
        """{"volumes":[{"name":"t","downwardAPI":{"items":[{"path":"..x","fieldRef":{"fieldPath":"metadata.name"}}]}}]}""",
        "spec.volumes[0].downwardAPI.items[0].path: Invalid value: \"..x\": must not start with '..'"
    )]
    [InlineData(
        """{"volumes":[{"name":"t","downwardAPI":{"items":[{"path":"x"}]}}]}""",
        "spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required"
    )]
    [InlineData(
        """{"volumes":[{"name":"t","projected":{"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":5}}]}}]}""",
        "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"
    )]
    [InlineData(
        """{"ephemeralContainers":[{"name":"e","image":"i"}]}""",
        "spec.ephemeralContainers: Forbidden: cannot be set on create"
    )]
    [InlineData(
        """{"topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}]}""",
        "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"
    )]
    [InlineData(
        """{"topologySpreadConstraints":[{"maxSkew":1}]}""",
        "spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: \"\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\""
    )]
    [InlineData(
        """{"dnsPolicy":"None"}""",
        "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"
    )]
    [InlineData(
        """{"dnsPolicy":"None","dnsConfig":{"searches":["a"]}}""",
        "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"
    )]
    [InlineData(
        """{"dnsConfig":{"nameservers":["nope"]}}""",
        "spec.dnsConfig.nameservers[0]: Invalid value: \"nope\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    )]
    [InlineData(
        """{"tolerations":[{"key":"a","operator":"Exists","value":"b"}]}""",
        """spec.tolerations[0].operator: Invalid value: {"key":"a","operator":"Exists","value":"b"}: value must be empty when `operator` is 'Exists'"""
    )]
    [InlineData(
        """{"tolerations":[{"key":"a","operator":"Foo"}]}""",
        "spec.tolerations[0].operator: Unsupported value: \"Foo\": supported values: \"Equal\", \"Exists\""
    )]
    [InlineData(
        """{"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{}}]}}}""",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty"
    )]
    [InlineData(
        """{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{}}}}""",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term"
    )]
    [InlineData(
        """{"securityContext":{"sysctls":[{"name":"net.core.somaxconn","value":"1"}]},"hostNetwork":true}""",
        "spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true"
    )]
    [InlineData(
        """{"securityContext":{"fsGroup":-1}}""",
        "spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive"
    )]
    [InlineData("""{"hostUsers":false,"hostPID":true}""", "spec.hostPID: Forbidden: when `hostUsers` is false")]
    [InlineData(
        """{"nodeName":"n","schedulingGates":[{"name":"a/b"}]}""",
        "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"
    )]
    [InlineData(
        """{"schedulingGates":[{"name":"a/b"},{"name":"a/b"}]}""",
        "spec.schedulingGates[1]: Duplicate value: \"a/b\""
    )]
    [InlineData(
        """{"initContainers":[{"name":"x","image":"i","livenessProbe":{"exec":{"command":["x"]}}}]}""",
        "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
    )]
    public void A_pod_is_refused_in_kubernetes_words(string spec, string finding)
    {
        var pod = new JsonObject { ["spec"] = JsonNode.Parse(spec) };
        pod["spec"]!["containers"] = JsonNode.Parse("""[{"name":"c","image":"i"}]""");

        Assert.Contains(finding, Findings(pod));
    }

    private static IEnumerable<string> Findings(JsonObject pod)
    {
        PodDefaults.Apply(pod["spec"]!.AsObject());
        var errors = new List<FieldError>();
        PodValidation.Validate(pod, null, errors);
        return errors.Select(e => e.ToString());
    }
}
