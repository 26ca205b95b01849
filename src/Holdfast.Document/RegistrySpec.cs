namespace Holdfast.Document;

/// <summary>Where images of one registry are fetched, and as whom.</summary>
/// <param name="Host">Registry host as image names have it, for example <c>docker.io</c> or <c>localhost:5000</c>.</param>
/// <param name="Mirrors">http or https addresses, tried in order before the registry itself; may be empty.</param>
public sealed record RegistrySpec(string Host, IReadOnlyList<Uri> Mirrors)
{
    /// <summary>For this host itself; a mirror that asks for a password is listed as a registry of its own.</summary>
    public RegistryCredentials? Credentials { get; init; }
}

/// <summary>A login whose password is read from a file of the machine whenever it is needed and is kept nowhere else.</summary>
public sealed record RegistryCredentials(string Username, string PasswordFile);
