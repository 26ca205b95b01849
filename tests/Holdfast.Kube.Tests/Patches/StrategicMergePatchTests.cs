using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Patches;

public sealed class StrategicMergePatchTests
{
    [Theory]
    // Containers merge by name; the patch's own order comes first, as kubectl users see it.
    [InlineData(
        """{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}""",
        """{"spec":{"containers":[{"name":"b","image":"2"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"""
    )]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"b"}]}}""",
        """{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}"""
    )]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}""",
        """{"spec":{"containers":[{"name":"b"}]}}"""
    )]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}""",
        """{"spec":{"containers":[{"name":"c"}]}}"""
    )]
    // Maps: null removes, $patch replaces or empties.
    [InlineData(
        """{"metadata":{"labels":{"a":"1","b":"2"}}}""",
        """{"metadata":{"labels":{"a":null,"c":"3"}}}""",
        """{"metadata":{"labels":{"b":"2","c":"3"}}}"""
    )]
    [InlineData(
        """{"metadata":{"labels":{"a":"1"}}}""",
        """{"metadata":{"labels":{"$patch":"replace","c":"3"}}}""",
        """{"metadata":{"labels":{"c":"3"}}}"""
    )]
    [InlineData(
        """{"metadata":{"labels":{"a":"1"}}}""",
        """{"metadata":{"labels":{"$patch":"delete"}}}""",
        """{"metadata":{"labels":{}}}"""
    )]
    [InlineData(
        """{"spec":{}}""",
        """{"spec":{"securityContext":{"runAsUser":1,"runAsGroup":null}}}""",
        """{"spec":{"securityContext":{"runAsUser":1}}}"""
    )]
    // Atomic lists are replaced.
    [InlineData(
        """{"spec":{"tolerations":[{"key":"a"}],"containers":[{"name":"a","args":["x"]}]}}""",
        """{"spec":{"tolerations":[{"key":"b"}],"containers":[{"name":"a","args":["y"]}]}}""",
        """{"spec":{"tolerations":[{"key":"b"}],"containers":[{"name":"a","args":["y"]}]}}"""
    )]
    // Lists of scalars merge without doubles, and delete by their own directive.
    [InlineData(
        """{"metadata":{"finalizers":["a","b"]}}""",
        """{"metadata":{"finalizers":["b","c"]}}""",
        """{"metadata":{"finalizers":["a","b","c"]}}"""
    )]
    [InlineData(
        """{"metadata":{"finalizers":["a","b","c"]}}""",
        """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","c"],"finalizers":["d"]}}""",
        """{"metadata":{"finalizers":["d","b"]}}"""
    )]
    // $retainKeys: a volume changes its kind.
    [InlineData(
        """{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}""",
        """{"spec":{"volumes":[{"name":"v","$retainKeys":["name","emptyDir"],"emptyDir":{}}]}}""",
        """{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"""
    )]
    // $setElementOrder: what the server alone has keeps its place relative to the others.
    [InlineData(
        """{"spec":{"containers":[{"name":"1"},{"name":"s"},{"name":"2"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"2"},{"name":"3"},{"name":"1"}],"containers":[{"name":"3","image":"i"}]}}""",
        """{"spec":{"containers":[{"name":"s"},{"name":"2"},{"name":"3","image":"i"},{"name":"1"}]}}"""
    )]
    [InlineData(
        """{"metadata":{"finalizers":["a","b","c"]}}""",
        """{"metadata":{"$setElementOrder/finalizers":["c","a"]}}""",
        """{"metadata":{"finalizers":["b","c","a"]}}"""
    )]
    [InlineData(
        """{"spec":{}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b"},{"name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}"""
    )]
    [InlineData(
        """{"spec":{}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"}],"$retainKeys":["containers"]}}""",
        """{"spec":{}}"""
    )]
    // Nested merge keys: env by name, ports by containerPort, mounts by mountPath.
    [InlineData(
        """{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"}],"ports":[{"containerPort":80,"name":"p"}],"volumeMounts":[{"name":"v","mountPath":"/m"}]}]}}""",
        """{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"2"}],"ports":[{"containerPort":80,"protocol":"UDP"}],"volumeMounts":[{"mountPath":"/m","readOnly":true}]}]}}""",
        """{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"2"}],"ports":[{"containerPort":80,"name":"p","protocol":"UDP"}],"volumeMounts":[{"name":"v","mountPath":"/m","readOnly":true}]}]}}"""
    )]
    [InlineData(
        """{"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Other","status":"True"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""",
        """{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Other","status":"True"}]}}"""
    )]
    // Types that do not fit: the patch wins.
    [InlineData("""{"spec":[1]}""", """{"spec":{"a":1}}""", """{"spec":{"a":1}}""")]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":"x"}""", """{"spec":"x"}""")]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":null}""", """{}""")]
    public void Pods_are_patched_as_in_Kubernetes(string target, string patch, string expected) =>
        MergePatchTests.Same(
            JsonNode.Parse(expected),
            StrategicMergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch), PatchSchema.Pod)
        );

    [Theory]
    [InlineData("""{}""", """[]""", KubeReason.Malformed)]
    [InlineData("""{}""", """{"metadata":{"$patch":"spam"}}""", KubeReason.Invalid)]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"}]}}""",
        """{"spec":{"containers":[{"image":"i"}]}}""",
        KubeReason.Invalid
    )]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"a","$patch":"merge"}]}}""",
        KubeReason.Invalid
    )]
    [InlineData("""{"spec":{"containers":[{"name":"a"}]}}""", """{"spec":{"containers":["a"]}}""", KubeReason.Invalid)]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a"}]}}""",
        """{"spec":{"volumes":[{"name":"a","$retainKeys":["name"],"emptyDir":{}}]}}""",
        KubeReason.Invalid
    )]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a"}]}}""",
        """{"spec":{"volumes":[{"name":"a","$retainKeys":"name"}]}}""",
        KubeReason.Invalid
    )]
    [InlineData(
        """{"metadata":{"finalizers":["a"]}}""",
        """{"metadata":{"$setElementOrder/finalizers":["a","b"],"finalizers":["b","a"]}}""",
        KubeReason.Invalid
    )]
    public void What_cannot_apply_is_refused(string target, string patch, KubeReason reason) =>
        Assert.Equal(
            reason,
            Assert
                .Throws<KubeException>(() =>
                    StrategicMergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch), PatchSchema.Pod)
                )
                .Reason
        );

    [Fact]
    public void Each_core_type_merges_by_its_own_keys()
    {
        var pod = PatchSchema
            .ForResource(ResourceNames.Pods)
            .MergingLists()
            .ToDictionary(list => list.Path, list => list.MergeKey);
        var node = PatchSchema
            .ForResource(ResourceNames.Nodes)
            .MergingLists()
            .ToDictionary(list => list.Path, list => list.MergeKey);
        var deployment = PatchSchema
            .ForResource(ResourceNames.Deployments)
            .MergingLists()
            .ToDictionary(list => list.Path, list => list.MergeKey);

        Assert.Equal("uid", pod["metadata.ownerReferences"]);
        Assert.Null(pod["metadata.finalizers"]);
        Assert.Equal("name", pod["spec.containers"]);
        Assert.Equal("name", pod["spec.initContainers.env"]);
        Assert.Equal("containerPort", pod["spec.containers.ports"]);
        Assert.Equal("mountPath", pod["spec.containers.volumeMounts"]);
        Assert.Equal("name", pod["spec.volumes"]);
        Assert.Equal("ip", pod["spec.hostAliases"]);
        Assert.Equal("type", pod["status.conditions"]);
        Assert.DoesNotContain("spec.tolerations", pod.Keys);
        Assert.Equal("type", node["status.addresses"]);
        Assert.DoesNotContain("spec.taints", node.Keys);
        Assert.Equal("name", deployment["spec.template.spec.containers"]);
        Assert.Equal("type", deployment["status.conditions"]);
        Assert.Equal(
            ["metadata.ownerReferences", "metadata.finalizers"],
            PatchSchema.ForResource(ResourceNames.ConfigMaps).MergingLists().Select(list => list.Path)
        );
    }

    [Fact]
    public void Without_a_schema_and_directives_it_is_a_merge_patch() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomJson.Object(choices, nulls: false);
                // Nulls inside lists stay in a merge patch and go in a strategic one, so there are none here.
                var patch = MergePatchTests.Difference(target, RandomJson.Object(choices, nulls: false));
                MergePatchTests.Same(
                    MergePatch.Apply(target, patch),
                    StrategicMergePatch.Apply(target, patch, PatchSchema.None)
                );
            }
        );

    [Fact]
    public void Applying_twice_changes_nothing_more() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomPod(choices, directives: false);
                var patch = RandomPod(choices, directives: false);
                RandomJson.MayRefuse(() =>
                {
                    var once = StrategicMergePatch.Apply(target, patch, PatchSchema.Pod);
                    MergePatchTests.Same(once, StrategicMergePatch.Apply(once, patch, PatchSchema.Pod));
                });
            }
        );

    [Fact]
    public void Every_named_element_is_there_afterwards_and_every_other_stays() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomPod(choices, directives: false);
                var patch = RandomPod(choices, directives: false);
                var result = StrategicMergePatch.Apply(target, patch, PatchSchema.Pod);
                Assert.Equal(
                    ContainerNames(target).Concat(ContainerNames(patch)).Distinct().Order(),
                    ContainerNames(result).Order()
                );
            }
        );

    [Fact]
    public void No_directive_reaches_the_object_and_the_arguments_stay() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = RandomPod(choices, directives: false);
                var patch = RandomPod(choices, directives: true);
                var (targetBefore, patchBefore) = (target.DeepClone(), patch.DeepClone());
                RandomJson.MayRefuse(() =>
                {
                    var result = StrategicMergePatch.Apply(target, patch, PatchSchema.Pod);
                    Assert.DoesNotContain("\"$", result.ToJsonString(), StringComparison.Ordinal);
                });
                MergePatchTests.Same(targetBefore, target);
                MergePatchTests.Same(patchBefore, patch);
            }
        );

    [Fact]
    public void Broken_patches_apply_or_are_refused() =>
        Choices.Check(
            1000,
            choices =>
            {
                var target = JsonNode.Parse(Samples.Pod);
                RandomJson.MayRefuse(() =>
                {
                    var patch = KubeJson.ParseNode(RandomJson.Mutate(choices, Samples.Pod));
                    StrategicMergePatch.Apply(target, patch, PatchSchema.Pod);
                    MergePatch.Apply(target, patch);
                });
            }
        );

    private static IEnumerable<string> ContainerNames(JsonNode pod) =>
        (pod["spec"]?["containers"] as JsonArray ?? []).Select(container => container!["name"]!.GetValue<string>());

    private static JsonObject RandomPod(Choices choices, bool directives)
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = RandomJson.Object(choices, 0, nulls: false) },
            ["spec"] = new JsonObject { ["tolerations"] = RandomJson.Array(choices, 1, nulls: false) },
        };
        var metadata = pod["metadata"]!.AsObject();
        var spec = pod["spec"]!.AsObject();
        metadata["finalizers"] = Strings(choices);
        spec["containers"] = Named(choices, directives, depth: 1);
        spec["volumes"] = Named(choices, directives, depth: 0);
        if (!directives)
            return pod;
        if (choices.Next(3) == 0)
            metadata["$deleteFromPrimitiveList/finalizers"] = Strings(choices);
        if (choices.Next(3) == 0)
            metadata["$setElementOrder/finalizers"] = Strings(choices);
        if (choices.Next(3) == 0)
            spec["$setElementOrder/containers"] = new JsonArray([
                .. "xyz".Select(c => new JsonObject { ["name"] = c.ToString() }),
            ]);
        if (choices.Next(6) == 0)
            spec["$retainKeys"] = new JsonArray("containers", "volumes", "tolerations");
        if (choices.Next(6) == 0)
            metadata["$patch"] = choices.Of("replace", "delete", "spam");
        if (choices.Next(6) == 0)
            spec["containers"] = null;
        return pod;
    }

    private static JsonArray Strings(Choices choices) =>
        new([.. "abcd".Where(_ => choices.Next(2) == 0).Select(c => JsonValue.Create(c.ToString()))]);

    private static JsonArray Named(Choices choices, bool directives, int depth)
    {
        var list = new JsonArray();
        foreach (var name in "wxyz".Where(_ => choices.Next(2) == 0))
        {
            var item = new JsonObject { ["name"] = name.ToString(), ["image"] = choices.Next(3) };
            if (depth > 0)
                item["env"] = Named(choices, directives, depth - 1);
            if (directives && choices.Next(4) == 0)
                item["$patch"] = choices.Of("delete", "replace", "delete");
            if (directives && choices.Next(6) == 0)
                item["$retainKeys"] = new JsonArray("name", "image", "env");
            list.Add(item);
        }
        return list;
    }
}
