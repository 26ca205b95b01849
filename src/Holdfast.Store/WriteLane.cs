namespace Holdfast.Store;

/// <summary>Whose writes wait for whose: a lane's writes keep their order, and no lane can hold up another.</summary>
public enum WriteLane
{
    /// <summary>The API's clients and the controllers.</summary>
    Clients,

    /// <summary>The node's own agent: what it tells of its pods does not wait behind a client that writes in bulk.</summary>
    Agent,
}
