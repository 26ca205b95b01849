using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Components;

/// <summary>A part of the node that turns the document and the facts into resources, in the order they must be done.</summary>
internal interface IComponent
{
    /// <summary>The heading of its steps in the plan, for example <c>host</c>.</summary>
    string Name { get; }

    IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts);
}
