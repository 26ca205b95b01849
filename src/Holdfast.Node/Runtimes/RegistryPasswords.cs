using Holdfast.Document;

namespace Holdfast.Node.Runtimes;

/// <summary>Reads the passwords of a runtime's registries from their files. Stateless.</summary>
internal static class RegistryPasswords
{
    /// <summary>By registry host.</summary>
    /// <exception cref="NodeException">A file is missing, empty or no single line; names the file, never what is in it.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        RuntimeSpec runtime,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var passwords = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var registry in runtime.Registries)
        {
            if (registry.Credentials is { PasswordFile: var file })
            {
                var text = (await machine.ReadTextAsync(file, cancellationToken))?.TrimEnd('\r', '\n');
                var fault = text switch
                {
                    null => "it does not exist",
                    "" => "it is empty",
                    _ when text.Any(char.IsControl) => "it has more than one line",
                    _ => null,
                };
                passwords[registry.Host] = fault is null
                    ? text!
                    : throw new NodeException(
                        NodeReason.FileNotUnderstood,
                        $"cannot read the password of {registry.Host} from {file}: {fault}; write the password into it (mode 0600), or correct the node document"
                    );
            }
        }
        return passwords;
    }
}
