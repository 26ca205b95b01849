using System.Runtime.InteropServices;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the verb to end in order (a change that has begun is finished or taken back), the
/// second ends the process at once. Thread-safe.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly Screen screen;
    private int count;

    public Interruption(Screen screen)
    {
        this.screen = screen;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref count) > 1)
        {
            // Not cancelled: the signal does what it does to any process.
            return;
        }

        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT)
        {
            screen.Note("stopping in order; Ctrl-C again stops at once");
        }

        source.Cancel();
    }
}
