using Holdfast.Agent;
using Holdfast.Cri;
using Holdfast.Hub;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Store;
using Holdfast.Terminal;

namespace Holdfast.Commands;

/// <summary>From an exception to what a person reads and the exit code. Stateless.</summary>
internal static class Failures
{
    private const string DebugVariable = "HOLDFAST_DEBUG";

    public static int Report(Screen screen, string verb, Exception failure)
    {
        if (Environment.GetEnvironmentVariable(DebugVariable) is { Length: > 0 })
        {
            Console.Error.WriteLine(failure);
        }

        switch (failure)
        {
            case CommandException own:
                screen.Error(own.Message, own.WhatToDo);
                return own.ExitCode;
            case NodeException { Reason: NodeReason.Denied } denied:
                screen.Error(denied.Message);
                return ExitCode.NoPermission;
            case NodeException or LinuxException or StoreException or CriException or HubException or AgentException:
                screen.Error(failure.Message);
                return ExitCode.Failed;
            case IOException or UnauthorizedAccessException:
                screen.Error($"cannot finish {verb}: {failure.Message}");
                return ExitCode.Failed;
            default:
                screen.Error(
                    $"internal error: {failure.GetType().Name}: {failure.Message}",
                    $"This is a defect of Holdfast. Run it again with {DebugVariable}=1 to see where it happened, and report it."
                );
                return ExitCode.InternalError;
        }
    }
}
