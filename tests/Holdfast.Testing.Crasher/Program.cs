using System.Globalization;
using Holdfast.Linux;
using Holdfast.Testing.Crasher;

// A program that tests kill, or start in namespaces of its own. A verb that is killed says on standard output what it
// has been promised until then.
switch (args)
{
    case ["store-write", var database, var ns, var writers, var maxLogRevisions]:
        await StoreWriting.RunAsync(database, ns, int.Parse(writers), int.Parse(maxLogRevisions));
        return 0;
    case ["store-hold", var database]:
        await StoreWriting.HoldAsync(database);
        return 0;
    case ["node-up", var root]:
        await new NodeScenario(root).UpAsync();
        return 0;
    case ["node-upgrade", var root]:
        await new NodeScenario(root) { Version = 2 }.UpAsync();
        return 0;
    case ["node-rollback", var root]:
        await new NodeScenario(root).UpgradeAndRollBackAsync();
        return 0;
    case ["node-undo", var root]:
        await new NodeScenario(root).UndoAsync();
        return 0;
    case ["cluster-up", var root, var cluster]:
        await new ClusterScenario(root).UpAsync(cluster);
        return 0;
    case ["cluster-undo", var root]:
        await new ClusterScenario(root).UndoAsync();
        return 0;
    case ["node-lock", var directory]:
        using (FileLock.TryTake(Path.Join(directory, "lock"), out _))
        {
            Console.WriteLine("locked");
            await Task.Delay(Timeout.Infinite);
        }

        return 0;
    case ["supervise", var directory, var name]:
        return await new Supervisor(directory, name, TimeProvider.System).RunAsync(CancellationToken.None);
    case ["cgroup-mode"]:
        Console.WriteLine(Cgroups.Read().Mode);
        return 0;
    case ["own-age"]:
        var self = ProcessTable.Identify(Environment.ProcessId)!;
        var age = TimeProvider.System.GetUtcNow() - ProcessTable.StartedAt(self, TimeProvider.System);
        Console.WriteLine(age.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("cannot run: unknown arguments");
        return 64;
}
