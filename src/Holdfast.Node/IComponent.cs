using Holdfast.Document;
using Holdfast.Node.Facts;

namespace Holdfast.Node;

/// <summary>A part of the node that turns the document and the facts into steps, in the order in which they are done.</summary>
internal interface IComponent
{
    /// <summary>The heading of its steps in the plan, for example <c>host</c>.</summary>
    string Name { get; }

    IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts);
}
