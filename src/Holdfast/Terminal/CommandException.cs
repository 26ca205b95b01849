namespace Holdfast.Terminal;

/// <summary>A command cannot go on, and the person at the terminal can do something about it.</summary>
internal sealed class CommandException : Exception
{
    /// <param name="exitCode">One of <see cref="Terminal.ExitCode"/>.</param>
    /// <param name="message">"cannot VERB OBJECT: CAUSE"; may have several lines.</param>
    /// <param name="whatToDo">A sentence, or null when the message says it all.</param>
    public CommandException(int exitCode, string message, string? whatToDo = null, Exception? inner = null)
        : base(message, inner)
    {
        ExitCode = exitCode;
        WhatToDo = whatToDo;
    }

    public int ExitCode { get; }

    public string? WhatToDo { get; }
}
