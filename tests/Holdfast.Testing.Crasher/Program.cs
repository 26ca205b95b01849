using Holdfast.Testing.Crasher;

// A program that tests kill. Each verb works until then and says on standard output what it has been promised.
switch (args)
{
    case ["store-write", var database, var ns, var writers, var maxLogRevisions]:
        await StoreWriting.RunAsync(database, ns, int.Parse(writers), int.Parse(maxLogRevisions));
        return 0;
    case ["store-hold", var database]:
        await StoreWriting.HoldAsync(database);
        return 0;
    default:
        Console.Error.WriteLine("cannot run: unknown arguments");
        return 64;
}
