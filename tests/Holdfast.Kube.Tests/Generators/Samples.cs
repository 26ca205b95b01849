namespace Holdfast.Kube.Tests.Generators;

internal static class Samples
{
    public const string Pod = """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"u1","resourceVersion":"7","generation":3,
        "creationTimestamp":"2024-05-06T07:08:09Z","deletionGracePeriodSeconds":30,"labels":{"app":"web"},"finalizers":["f"],
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"rs","uid":"u2","controller":true}]},
        "spec":{"volumes":[{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}},{"name":"c","configMap":{"name":"m",
        "defaultMode":420}}],"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80,"protocol":"TCP"}],
        "env":[{"name":"A","value":"b"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
        "resources":{"limits":{"cpu":"500m","memory":"64Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":"http"}}}],
        "tolerations":[{"key":"k","operator":"Exists"}],"hostNetwork":true,"runtimeClassName":"kata"},
        "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2024-05-06T07:08:10Z"}],
        "podIP":"10.0.0.1","containerStatuses":[{"name":"c","state":{"running":{"startedAt":"2024-05-06T07:08:10Z"}},
        "lastState":{},"ready":true,"restartCount":0,"image":"nginx","imageID":"","containerID":"containerd://1"}]}}
        """;

    public const string Manifest = """
        # two documents
        apiVersion: v1
        kind: ConfigMap
        metadata: &meta {name: a, labels: {x: "1"}}
        data:
          script: |
            #!/bin/sh
            echo "hi: there"
          folded: >-
            one
            two
        mode: 0644
        on: [yes, 1.5, 1e3, ~, 2001-12-14]
        ---
        kind: Secret
        metadata: &own {a: 1}
        again: *own
        items:
        - name: one
          <<: {name: two, port: 80}
        - "quoted": 'it''s'
        ...
        """;
}
