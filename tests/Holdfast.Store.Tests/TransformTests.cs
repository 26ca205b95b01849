using System.Text;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class TransformTests
{
    [Fact]
    public async Task Transforms_of_many_writers_never_conflict_and_none_is_lost()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await store.CreateAsync(Pod("web"), Object("u1", "0"));
        var runs = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 200)
                .Select(_ =>
                    Task.Run(() =>
                        store.TransformAsync(
                            Pod("web"),
                            "u1",
                            current =>
                            {
                                runs++;
                                return Object("u1", $"{int.Parse(Value(current)) + 1}");
                            }
                        )
                    )
                )
        );

        Assert.Equal("200", Value(store.Get(Pod("web"))!));
        Assert.Equal(200, runs);
    }

    [Fact]
    public async Task A_transform_is_of_one_object_not_of_its_name()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await ObjectStoreTests.Refused(
            StoreReason.NotFound,
            () => store.TransformAsync(Pod("web"), "u1", _ => Json("x"))
        );
        await store.CreateAsync(Pod("web"), Object("u2", "0"));
        await ObjectStoreTests.Refused(
            StoreReason.NotFound,
            () => store.TransformAsync(Pod("web"), "u1", _ => Json("x"))
        );
        Assert.Equal(2, store.Revision);
    }

    [Fact]
    public async Task A_transform_to_nothing_or_to_the_same_makes_no_revision()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var made = await store.CreateAsync(Pod("web"), Object("u1", "0"));

        Assert.Equal(made.Revision, (await store.TransformAsync(Pod("web"), "u1", _ => null)).Revision);
        Assert.Equal(made.Revision, (await store.TransformAsync(Pod("web"), "u1", o => o.Json.ToArray())).Revision);
        Assert.Equal(made.Revision, store.Revision);
    }

    [Fact]
    public async Task A_transform_that_throws_or_makes_too_much_fails_alone()
    {
        await using var temporary = await OpenAsync(o => o with { MaxObjectBytes = 1000 });
        var store = temporary.Store;
        await store.CreateAsync(Pod("web"), Object("u1", "0"));
        using var gate = new ManualResetEventSlim();
        var blocking = store.TransformAsync(Pod("web"), "u1", _ => Wait(gate));
        var throwing = store.TransformAsync(Pod("web"), "u1", _ => throw new FormatException("bad"));
        var large = store.TransformAsync(Pod("web"), "u1", _ => Json(new string('x', 2000)));
        var good = store.TransformAsync(Pod("web"), "u1", _ => Object("u1", "1"));
        gate.Set();

        await blocking;
        await Assert.ThrowsAsync<FormatException>(() => throwing);
        await ObjectStoreTests.Refused(StoreReason.TooLarge, () => large);
        Assert.Equal("1", Value(await good));
    }

    [Fact]
    public async Task The_agents_writes_do_not_wait_behind_a_client_that_writes_in_bulk_nor_it_behind_theirs()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var agent = store.InLane(WriteLane.Agent);
        await store.CreateAsync(Pod("web"), Object("u1", "0"));
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var blocking = store.TransformAsync(
            Pod("web"),
            "u1",
            _ =>
            {
                entered.Set();
                return Wait(gate);
            }
        );
        entered.Wait();
        var bulk = Enumerable.Range(0, 1000).Select(i => store.CreateAsync(Pod($"c{i}"), Json("1"))).ToList();
        var own = Enumerable.Range(0, 1000).Select(i => agent.CreateAsync(Pod($"a{i}"), Json("1"))).ToList();
        gate.Set();
        await Task.WhenAll([blocking, .. bulk, .. own]);

        // Each commit takes at most 256 writes, three quarters of them the agent's.
        Assert.InRange((await own[0]).Revision, 3, 3 + StoreLimits.WritesPerCommit);
        Assert.InRange((await bulk[0]).Revision, 3, 3 + (2 * StoreLimits.WritesPerCommit));
        Assert.True((await own[^1]).Revision < (await bulk[^1]).Revision);
        Assert.Equal(bulk.Select(t => t.Result.Revision), bulk.Select(t => t.Result.Revision).Order());
    }

    [Theory]
    [InlineData("""{"metadata":{}}""", "", 0, false, "", "", "", 13, true)]
    [InlineData("""{"metadata":{"uid":"u","generation":7}}""", "u", 7, false, "", "", "", 13, false)]
    [InlineData(
        """{"spec":{"a":{"nodeName":"no"},"nodeName":"n1"},"status":[],"metadata":{"labels":{"a":"b","n":1},"deletionTimestamp":"t"}}""",
        "",
        0,
        true,
        "a=b",
        "",
        "n1",
        72,
        false
    )]
    [InlineData(
        """{"metadata":{"ownerReferences":[{"uid":"o1","controller":true,"kind":"K","name":"N","apiVersion":"g/v1","x":{}},{"uid":"o2"},3],"uid":5}}""",
        "",
        0,
        false,
        "",
        "g/v1 K N o1 True;   o2 False",
        "",
        13,
        false
    )]
    [InlineData("[]", "", 0, false, "", "", "", -1, false)]
    [InlineData("""{"metadata":"x","spec":null}""", "", 0, false, "", "", "", -1, false)]
    [InlineData("""{"metadata":{"uid":"u" """, "u", 0, false, "", "", "", 13, false)]
    public void The_head_of_an_object_is_read_from_its_bytes(
        string json,
        string uid,
        long generation,
        bool isDeleting,
        string labels,
        string owners,
        string node,
        int metadataAt,
        bool isEmpty
    )
    {
        var head = new StoredObject(Pod("web"), 2, Encoding.UTF8.GetBytes(json)).Head;

        Assert.Equal(uid, head.Uid);
        Assert.Equal(generation, head.Generation);
        Assert.Equal(isDeleting, head.IsDeleting);
        Assert.Equal(labels, string.Join(',', head.Labels.Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(
            owners,
            string.Join(';', head.Owners.Select(o => $"{o.ApiVersion} {o.Kind} {o.Name} {o.Uid} {o.IsController}"))
        );
        Assert.Equal(node, head.NodeName);
        Assert.Equal(metadataAt, head.MetadataAt);
        Assert.Equal(isEmpty, head.IsMetadataEmpty);
    }

    private static ReadOnlyMemory<byte>? Wait(ManualResetEventSlim gate)
    {
        gate.Wait();
        return null;
    }

    private static ReadOnlyMemory<byte> Object(string uid, string value) =>
        Encoding.UTF8.GetBytes($$$"""{"metadata":{"uid":"{{{uid}}}"},"v":"{{{value}}}"}""");

    private static string Value(StoredObject o) => Encoding.UTF8.GetString(o.Json.Span).Split('"')[^2];
}
