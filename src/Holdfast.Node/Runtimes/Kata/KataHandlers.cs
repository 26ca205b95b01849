using Holdfast.Document;

namespace Holdfast.Node.Runtimes.Kata;

/// <summary>Handlers of Kata with what is on the machine filled in.</summary>
internal static class KataHandlers
{
    /// <param name="owner">The handler whose configuration it uses: itself, unless it is another name for one.</param>
    public static HandlerSpec Fill(HandlerSpec handler, HandlerSpec owner, Machine machine)
    {
        if (handler.Kata is not { } kata)
        {
            return handler;
        }
        var files = KataFiles.Find(kata, machine.Exists) ?? KataFiles.Expected(kata);
        return handler with
        {
            RuntimePath = handler.RuntimePath ?? files.Shim,
            Options = new Dictionary<string, OptionValue>(handler.Options)
            {
                ["ConfigPath"] = new OptionValue.Text(KataFiles.ConfigOf(owner, files)),
            },
        };
    }
}
