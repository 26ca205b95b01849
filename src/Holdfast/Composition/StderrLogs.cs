using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Holdfast.Composition;

/// <summary>
/// Logs to standard error, one line each. Under systemd a line begins with its priority, which the journal understands and
/// stamps with the time; elsewhere with the time. Thread-safe.
/// </summary>
internal sealed class StderrLogs : ILoggerFactory
{
    private readonly LogLevel minimum;
    private readonly TimeProvider time;
    private readonly bool isJournal;
    private readonly Lock gate = new();

    public StderrLogs(LogLevel minimum, TimeProvider time)
    {
        this.minimum = minimum;
        this.time = time;
        isJournal = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
    }

    public ILogger CreateLogger(string categoryName)
    {
        var dot = categoryName.LastIndexOf('.');
        return new Logger(this, dot < 0 ? categoryName : categoryName[(dot + 1)..], LevelOf(categoryName));
    }

    public void AddProvider(ILoggerProvider provider) { }

    public void Dispose() { }

    /// <summary>The web server tells of every request; that is worth a line only when it goes wrong.</summary>
    private LogLevel LevelOf(string category) =>
        category.StartsWith("Microsoft.", StringComparison.Ordinal) && minimum >= LogLevel.Information
            ? LogLevel.Warning
            : minimum;

    private void Write(LogLevel level, string category, string message, Exception? exception)
    {
        // sd-daemon(3): SD_ERR, SD_WARNING, SD_INFO, SD_DEBUG.
        var (priority, word) = level switch
        {
            >= LogLevel.Error => (3, "error "),
            LogLevel.Warning => (4, "warning "),
            LogLevel.Information => (6, ""),
            _ => (7, ""),
        };
        var start = isJournal
            ? $"<{priority}>"
            : time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture) + word;
        var text = exception is null ? message : $"{message}: {exception}";
        lock (gate)
        {
            Console.Error.WriteLine($"{start}{category}: {text.ReplaceLineEndings(" | ")}");
        }
    }

    private sealed class Logger(StderrLogs owner, string category, LogLevel minimum) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                owner.Write(logLevel, category, formatter(state, exception), exception);
            }
        }
    }
}
