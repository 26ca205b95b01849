using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Holdfast.Terminal;

/// <summary>How results are written.</summary>
internal enum OutputFormat
{
    Table,
    Json,
}

/// <summary>
/// Where a command writes. Results go to standard output, in the format that was asked for; everything that is only for a
/// watching person goes to standard error, so that <c>-o json</c> can always be piped. Used by one command at a time.
/// </summary>
internal sealed class Screen
{
    /// <summary>Columns where no terminal tells its width: no line in a log file or a pipe is broken.</summary>
    private const int WidthWithoutTerminal = 4000;

    private readonly IAnsiConsole errors;

    public Screen(OutputFormat format, bool noColor)
    {
        Format = format;
        Output = Create(Console.Out, noColor, Console.IsOutputRedirected);
        errors = Create(Console.Error, noColor, Console.IsErrorRedirected);
        IsWatched = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");
    }

    public OutputFormat Format { get; }

    /// <summary>Standard output, for tables and text.</summary>
    public IAnsiConsole Output { get; }

    /// <summary>Whether a person sees standard error now, so that a line may be drawn over.</summary>
    public bool IsWatched { get; }

    /// <summary>A line of result; nothing in JSON mode, where only <see cref="Json"/> writes.</summary>
    public void Line(string markup = "")
    {
        if (Format == OutputFormat.Table)
        {
            Output.MarkupLine(markup);
        }
    }

    public void Table(Table table)
    {
        if (Format == OutputFormat.Table)
        {
            Output.Write(table);
        }
    }

    public static void Json<T>(T value, JsonTypeInfo<T> type) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>A line for the person who watches.</summary>
    public void Note(string markup) => Quietly(() => errors.MarkupLine(markup));

    /// <summary>What went wrong, and what to do about it.</summary>
    public void Error(string message, string? whatToDo = null)
    {
        Note($"[red]error:[/] {Markup.Escape(message)}");
        if (whatToDo is not null)
        {
            Note(Markup.Escape(whatToDo));
        }
    }

    /// <summary>Draws over the last line of standard error. Only where <see cref="IsWatched"/>.</summary>
    public void Redraw(string markup)
    {
        EraseLine();
        Quietly(() => errors.Markup(markup));
    }

    public void EraseLine() => Quietly(() => errors.Write(new ControlCode("\r\u001b[2K")));

    /// <summary>A table in the manner of kubectl: no lines, capitals on top.</summary>
    public static Table CreateTable(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var column in columns)
        {
            table.AddColumn(
                new TableColumn(new Markup(Markup.Escape(column))) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) }
            );
        }

        return table;
    }

    /// <summary>A terminal that hung up ends no change of the machine in the middle.</summary>
    private static void Quietly(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // Nobody is there to read it.
        }
    }

    private static IAnsiConsole Create(TextWriter writer, bool noColor, bool isRedirected)
    {
        var plain = noColor || isRedirected;
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = InteractionSupport.No,
            }
        );
        if (isRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        return console;
    }
}
