using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Joining;

/// <summary>A kind of cluster and how a member of it is known.</summary>
/// <param name="Kind">As the node document calls it.</param>
/// <param name="Program">Which makes a machine a member.</param>
/// <param name="DoneFile">The file that is there when the machine is a member.</param>
/// <param name="AgentService">Service of the agent that runs then.</param>
/// <param name="Title">What a person reads in the plan: <c>this machine has joined ...</c>.</param>
internal sealed record ClusterMembership(
    string Kind,
    string Program,
    string DoneFile,
    string AgentService,
    string Title
);

/// <summary>A program that makes a machine a member of a cluster, and takes it out again.</summary>
internal abstract class JoinTool(ClusterNode node, ClusterMembership membership)
{
    protected ClusterNode Node { get; } = node;

    public ClusterMembership Membership { get; } = membership;

    /// <summary>The node's name in the cluster.</summary>
    public string NodeName => Node.Name;

    public virtual string Why =>
        $"the cluster says which pods run here; {Membership.Program} takes its token as an argument, which whoever is on this machine can see while it joins";

    /// <summary>Every service that it starts. They are stopped in this order: the agent before what it talks through.</summary>
    public virtual IReadOnlyList<string> Services => [Membership.AgentService];

    /// <summary>Data that is lost when the machine leaves, for people; null when only the node's own pods end.</summary>
    public virtual string? Destroys => null;

    /// <summary>How its messages begin: <c>cannot join the cluster at 192.168.3.167:6443</c>.</summary>
    protected abstract string Purpose { get; }

    /// <summary>Host and port of what is joined; null where nothing is.</summary>
    protected abstract string? Endpoint { get; }

    protected abstract SecretSpec? Token { get; }

    /// <summary>Whether the endpoint tells which tokens it knows.</summary>
    protected virtual bool EndpointKnowsTokens => true;

    /// <summary>What the tool, its reset and the agent write, change or remove.</summary>
    public abstract Task<JoinFootprint> ReadFootprintAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>The command that takes the machine out of the cluster.</summary>
    public abstract Task<ChildCommand> ResetCommandAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>Says what is missing for it, before anything of the machine is changed.</summary>
    /// <returns>What a person must know of this machine before the join; null when there is nothing.</returns>
    /// <exception cref="NodeException">With what to do.</exception>
    public virtual async Task<string?> RequireAsync(Machine machine, CancellationToken cancellationToken)
    {
        _ = await ReadTokenAsync(machine, cancellationToken);
        return null;
    }

    /// <summary>
    /// Returns when nothing of the network or the token speaks against the join; asked right before it, when nothing is changed
    /// yet.
    /// </summary>
    /// <exception cref="NodeException">ChangeFailed: with the reason and what to do.</exception>
    public async Task RequireReachAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Endpoint is { } endpoint)
        {
            var token = EndpointKnowsTokens ? await ReadTokenAsync(machine, cancellationToken) : null;
            await ClusterReach.RequireAsync(machine, endpoint, token, Purpose, cancellationToken);
        }
    }

    /// <summary>Joins. What an earlier attempt left has been reset.</summary>
    public virtual async Task JoinAsync(Machine machine, CancellationToken cancellationToken)
    {
        var token = await ReadTokenAsync(machine, cancellationToken);
        var command = await JoinCommandAsync(machine, token, cancellationToken);
        FaultPoint.Reach("cluster.before-join");
        await RunAsync(machine, command, Purpose, token, cancellationToken);
    }

    /// <summary>Runs a joining tool: its progress is shown, its secrets are not, its complaints become an exception.</summary>
    /// <param name="secret">Replaced wherever the tool says it; null when it is told none.</param>
    public static async Task RunAsync(
        Machine machine,
        ChildCommand command,
        string purpose,
        string? secret,
        CancellationToken cancellationToken
    )
    {
        // A first control plane pulls a gigabyte of images over a slow line.
        var limit = TimeSpan.FromMinutes(30);
        var told = command with { OnOutputLine = Tell, OnErrorLine = Tell };
        ChildResult result;
        try
        {
            result = await machine.RunAsync(told, limit, cancellationToken);
        }
        catch (LinuxException failure)
        {
            throw new NodeException(
                failure.Reason == LinuxReason.NotFound ? NodeReason.NotSupported : NodeReason.ChangeFailed,
                $"{purpose}: {WithoutSecret(failure.Message)}"
            );
        }
        if (!result.Succeeded)
        {
            var errors = JoinErrors.Describe($"{result.StandardOutput}\n{result.StandardError}");
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"{purpose}: {command.FileName}: {WithoutSecret(errors)}; then run the same command again"
            );
        }

        void Tell(string line) => machine.Progress?.Report(WithoutSecret(line));

        string WithoutSecret(string text) => secret is null ? text : DocumentSecrets.Without(text, secret);
    }

    protected abstract Task<ChildCommand> JoinCommandAsync(
        Machine machine,
        string? token,
        CancellationToken cancellationToken
    );

    /// <exception cref="NodeException">FileNotUnderstood: there is no such file, or it has no secret in it.</exception>
    private async Task<string?> ReadTokenAsync(Machine machine, CancellationToken cancellationToken) =>
        Token switch
        {
            SecretSpec.InFile file => RequireToken(
                await machine.ReadTextAsync(file.Path, cancellationToken),
                file.Path
            ),
            SecretSpec.Literal literal => literal.Value,
            _ => null,
        };

    private static string RequireToken(string? text, string path)
    {
        var token = text?.Trim();
        var cause =
            token is null
                ? $"there is no file {path}; write the token into it (mode 0600), or correct the node document"
            : token.Length == 0 ? $"{path} is empty; write the token into it"
            : token.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
                ? $"{path} has more than one word in it; it must have the token alone"
            : null;
        return cause is null
            ? token!
            : throw new NodeException(NodeReason.FileNotUnderstood, $"cannot read the token: {cause}");
    }

    protected NodeException NotSupported(string cause) => new(NodeReason.NotSupported, $"{Purpose}: {cause}");

    /// <summary>The answer of a tool without which nothing can be joined.</summary>
    /// <param name="remedy">What to do when the tool is not installed.</param>
    protected async Task<ProgramAnswer> AskAsync(
        Machine machine,
        ProgramQuestion question,
        string remedy,
        CancellationToken cancellationToken
    )
    {
        var answer = await question.AskAsync(machine, cancellationToken);
        return answer.IsAnswered
            ? answer
            : throw NotSupported(
                answer.Outcome == ProgramOutcome.Missing
                    ? $"{answer.Problem}; {remedy}"
                    : $"{answer.Problem}; install a {question.Program} that runs here"
            );
    }

    protected async Task<ProgramVersion> AskVersionAsync(
        Machine machine,
        ProgramQuestion question,
        string remedy,
        CancellationToken cancellationToken
    ) =>
        (await AskAsync(machine, question, remedy, cancellationToken)).Version
        ?? throw NotSupported($"\"{question}\" prints no version; install another {question.Program}");
}
