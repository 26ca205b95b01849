using System.Text;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Software.Bundles;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>A node document that was read and found right. Immutable.</summary>
/// <param name="Source">What a person knows it by: a file name, or "the built-in document".</param>
/// <param name="File">Where it can be read again; null when it was not read from a file.</param>
internal sealed record LoadedDocument(EdgeNodeSpec Spec, string Text, string Source, string? File = null);

/// <summary>Finds the node document of a command. Stateless.</summary>
internal static class NodeDocuments
{
    private const string StandardInput = "-";

    /// <summary>
    /// The named file; with none, the document that the last <c>up</c> used; with none of these, the built-in one.
    /// </summary>
    /// <exception cref="CommandException">It cannot be read, or it is wrong: every error with its line.</exception>
    public static async Task<LoadedDocument> LoadAsync(
        string? file,
        NodePaths paths,
        CancellationToken cancellationToken
    )
    {
        var hostName = Environment.MachineName;
        if (file is null && !File.Exists(paths.NodeDocument))
        {
            var text = NodeDocument.DefaultText(hostName);
            return new LoadedDocument(Require(NodeDocument.Default(hostName)), text, "the built-in document");
        }

        var source = file ?? paths.NodeDocument;
        var bytes =
            source == StandardInput
                ? await ReadInputAsync(cancellationToken)
                : await ReadAsync(source, cancellationToken);
        var name = source == StandardInput ? "standard input" : source;
        var remembered = await BundleIndex.ReadRememberedAsync(paths, cancellationToken);
        var spec = BundleInstalls.Resolve(Require(NodeDocument.Parse(bytes, name, hostName)), remembered);
        return new LoadedDocument(
            spec,
            Encoding.UTF8.GetString(bytes),
            name,
            source == StandardInput ? null : Path.GetFullPath(source)
        );
    }

    private static EdgeNodeSpec Require(NodeDocumentResult result)
    {
        if (result.Spec is { } spec)
        {
            return spec;
        }

        var errors = string.Join('\n', result.Errors.Select(error => "  " + error.ToString(result.FileName)));
        var count = result.Errors.Count == 1 ? "1 error" : $"{result.Errors.Count} errors";
        throw new CommandException(
            ExitCode.BadDocument,
            $"cannot use {result.FileName}: it has {count}\n{errors}",
            "Nothing was changed. examples/node.yaml shows the fields."
        );
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await ReadBoundedAsync(file, cancellationToken);
        }
        catch (UnauthorizedAccessException failure) when (!Environment.IsPrivilegedProcess)
        {
            throw new CommandException(
                ExitCode.NoPermission,
                $"cannot read {path}: that needs root",
                "Run it with sudo.",
                failure
            );
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var cause = failure is FileNotFoundException or DirectoryNotFoundException
                ? "there is no such file"
                : failure.Message;
            throw new CommandException(ExitCode.BadDocument, $"cannot read {path}: {cause}", inner: failure);
        }
    }

    private static async Task<byte[]> ReadInputAsync(CancellationToken cancellationToken)
    {
        await using var input = Console.OpenStandardInput();
        return await ReadBoundedAsync(input, cancellationToken);
    }

    /// <summary>One byte more than is allowed is enough for the parser to refuse it.</summary>
    private static async Task<byte[]> ReadBoundedAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[NodeDocument.MaxSize + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return buffer[..length];
    }
}
