using System.Text;
using Holdfast.Agent.Containers;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Containers;

public sealed class EnvironmentTests
{
    private readonly TestObjects objects = new();

    [Theory]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(B)", "x1y2")]
    [InlineData("$(C)", "$(C)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$(A", "$(A")]
    [InlineData("$A $", "$A $")]
    [InlineData("", "")]
    public void Known_names_are_expanded_and_the_rest_stays_as_written(string text, string expected)
    {
        var values = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" };
        Assert.Equal(expected, VariableExpansion.Expand(text, name => values.GetValueOrDefault(name)));
    }

    [Fact]
    public void A_variable_sees_those_before_it_and_those_of_whole_objects()
    {
        objects.WithConfigMap("settings", ("HOST", "db"), ("PORT", "1"));
        var container = TestPods.Container() with
        {
            EnvFrom =
            [
                new EnvFromSource
                {
                    Prefix = "DB_",
                    ConfigMapRef = new ObjectSource { Name = "settings" },
                },
            ],
            Env =
            [
                new EnvVar { Name = "URL", Value = "tcp://$(DB_HOST):$(LATER)" },
                new EnvVar { Name = "LATER", Value = "5" },
                new EnvVar { Name = "DB_PORT", Value = "$(LATER)432" },
            ],
        };

        Assert.Equal(
            ["URL=tcp://db:$(LATER)", "LATER=5", "DB_PORT=5432", "DB_HOST=db"],
            Build(TestPods.Pod(container), container)
        );
    }

    [Fact]
    public void The_last_of_two_variables_of_one_name_wins()
    {
        var container = TestPods.Container() with
        {
            Env =
            [
                new EnvVar { Name = "A", Value = "1" },
                new EnvVar { Name = "B", Value = "$(A)" },
                new EnvVar { Name = "A", Value = "2" },
            ],
        };

        Assert.Equal(["B=1", "A=2"], Build(TestPods.Pod(container), container));
    }

    [Fact]
    public void Values_come_from_the_pod_its_resources_a_configmap_and_a_secret()
    {
        objects.WithConfigMap("m", ("k", "from map")).WithSecret("s", ("k", "from secret"));
        var container = TestPods.Container() with
        {
            Resources = TestPods.Resources("250m", "64Mi", null, "128Mi"),
            Env =
            [
                Field("NAME", "metadata.name"),
                Field("APP", "metadata.labels['app']"),
                Field("IP", "status.podIP"),
                Field("HOST_IP", "status.hostIP"),
                Resource("CPU_REQUEST", "requests.cpu", "1m"),
                Resource("CPU_LIMIT", "limits.cpu", null),
                Resource("MEMORY", "limits.memory", "1Mi"),
                new EnvVar
                {
                    Name = "MAP",
                    ValueFrom = new()
                    {
                        ConfigMapKeyRef = new() { Name = "m", Key = "k" },
                    },
                },
                new EnvVar
                {
                    Name = "SECRET",
                    ValueFrom = new()
                    {
                        SecretKeyRef = new() { Name = "s", Key = "k" },
                    },
                },
                new EnvVar
                {
                    Name = "GONE",
                    ValueFrom = new()
                    {
                        SecretKeyRef = new()
                        {
                            Name = "none",
                            Key = "k",
                            Optional = true,
                        },
                    },
                },
            ],
        };

        Assert.Equal(
            [
                "NAME=web",
                "APP=web",
                "IP=10.1.2.3",
                "HOST_IP=192.0.2.10",
                "CPU_REQUEST=250",
                "CPU_LIMIT=4",
                "MEMORY=128",
                "MAP=from map",
                "SECRET=from secret",
            ],
            Build(TestPods.Pod(container), container)
        );
    }

    [Fact]
    public void What_is_missing_and_not_optional_says_what_it_is()
    {
        objects.WithConfigMap("m");
        var noMap = TestPods.Container() with { EnvFrom = [new() { ConfigMapRef = new() { Name = "nope" } }] };
        var noKey = TestPods.Container() with
        {
            Env =
            [
                new()
                {
                    Name = "A",
                    ValueFrom = new()
                    {
                        ConfigMapKeyRef = new() { Name = "m", Key = "k" },
                    },
                },
            ],
        };

        var missingMap = Assert.Throws<AgentException>(() => Build(TestPods.Pod(noMap), noMap));
        var missingKey = Assert.Throws<AgentException>(() => Build(TestPods.Pod(noKey), noKey));

        Assert.Equal(AgentReason.CreateContainerConfigError, missingMap.Reason);
        Assert.Equal("configmap \"nope\" not found", missingMap.Message);
        Assert.Equal("couldn't find key k in ConfigMap shop/m", missingKey.Message);
    }

    [Fact]
    public void All_labels_and_annotations_are_lines_with_quotes()
    {
        var pod = TestPods.Pod(TestPods.Container());
        Assert.Equal("app=\"web\"", DownwardFields.Field(pod, "metadata.labels", [], TestPods.Node));
        Assert.Equal(
            "note=\"say \\\"hi\\\"\\nthere\"",
            DownwardFields.Field(pod, "metadata.annotations", [], TestPods.Node)
        );
        Assert.Null(DownwardFields.Field(pod, "spec.containers", [], TestPods.Node));
    }

    private string[] Build(Pod pod, Container container) =>
        new EnvironmentBuilder(objects, TestPods.Node)
            .Build(pod, container, ["10.1.2.3"])
            .Select(e => $"{e.Key}={Encoding.UTF8.GetString(e.Value)}")
            .ToArray();

    private static EnvVar Field(string name, string path) =>
        new()
        {
            Name = name,
            ValueFrom = new EnvVarSource { FieldRef = new() { FieldPath = path } },
        };

    private static EnvVar Resource(string name, string resource, string? divisor) =>
        new()
        {
            Name = name,
            ValueFrom = new EnvVarSource
            {
                ResourceFieldRef = new()
                {
                    Resource = resource,
                    Divisor = divisor is null ? null : Quantity.Parse(divisor),
                },
            },
        };
}
