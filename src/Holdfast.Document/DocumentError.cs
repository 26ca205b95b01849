namespace Holdfast.Document;

/// <summary>One thing that is wrong in a node document.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Path">Where in the document, for example <c>spec.runtimes[0].name</c>; empty for the whole.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record DocumentError(int Line, int Column, string Path, string Message)
{
    public override string ToString() =>
        Path.Length == 0 ? $"{Line}:{Column}: {Message}" : $"{Line}:{Column}: {Path}: {Message}";

    /// <summary>As compilers print it, so that editors can jump there: <c>node.yaml:3:5: spec.host: ...</c>.</summary>
    public string ToString(string fileName) => $"{fileName}:{this}";
}

/// <summary>What became of a document: a spec when there are no errors, every error otherwise.</summary>
public sealed record NodeDocumentResult(string FileName, EdgeNodeSpec? Spec, IReadOnlyList<DocumentError> Errors);
