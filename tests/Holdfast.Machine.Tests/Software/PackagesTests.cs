using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Software.Packages;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Software;

/// <summary>The real apt and dpkg over a private repository, with a root and a database of their own.</summary>
public sealed class PackagesTests : IAsyncLifetime
{
    private readonly PrivateApt apt = new();

    public async Task InitializeAsync()
    {
        await apt.PublishAsync("runtime", "1.0", "shim");
        await apt.PublishAsync("shim", "1.0");
        await apt.PublishAsync("editor", "1.0");
        await apt.PublishAsync("dashboard", "1.0", "runtime");
        await apt.PublishAsync("other-runtime", "1.0", conflicts: "runtime");
    }

    public Task DisposeAsync()
    {
        apt.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Undo_purges_what_came_with_a_package_and_nothing_else()
    {
        await apt.ApplyAsync(new PackagesChange("runtime"));
        Assert.Equal(["runtime", "shim"], await apt.ListAsync());
        await apt.AptGetAsync("install", "-y", "editor");
        Assert.Empty((await apt.UndoAsync()).Notes);
        Assert.Equal(["editor"], await apt.ListAsync());
    }

    [Fact]
    public async Task What_was_installed_before_stays()
    {
        await apt.AptGetAsync("install", "-y", "shim");
        await apt.ApplyAsync(new PackagesChange("runtime"));
        await apt.UndoAsync();
        Assert.Equal(["shim"], await apt.ListAsync());
    }

    /// <summary>The dependency was in the plan, and another apt brought it before ours began.</summary>
    [Fact]
    public async Task What_another_apt_installs_between_the_plan_and_the_run_stays()
    {
        var change = new PackagesChange("runtime");
        apt.BeforeInstall = () => apt.AptGetAsync("install", "-y", "shim", "editor");
        await apt.ApplyAsync(change);
        Assert.Equal(["editor", "runtime", "shim"], await apt.ListAsync());
        await apt.UndoAsync();
        Assert.Equal(["editor", "shim"], await apt.ListAsync());
    }

    /// <summary>After a crash between apt and the mark a person installs something; the next run only completes the mark.</summary>
    [Fact]
    public async Task What_is_installed_after_a_crash_and_before_the_next_run_stays()
    {
        apt.AfterInstall = () => throw new InvalidOperationException("killed");
        await Assert.ThrowsAsync<InvalidOperationException>(() => apt.ApplyAsync(new PackagesChange("runtime")));
        apt.AfterInstall = null;
        await apt.AptGetAsync("install", "-y", "editor");
        await apt.ApplyAsync(new PackagesChange("runtime"));
        await apt.UndoAsync();
        Assert.Equal(["editor"], await apt.ListAsync());
    }

    [Fact]
    public async Task A_package_that_others_need_by_now_stays_and_is_named()
    {
        await apt.ApplyAsync(new PackagesChange("runtime"));
        await apt.AptGetAsync("install", "-y", "dashboard");
        Assert.Contains("runtime", Assert.Single((await apt.UndoAsync()).Notes), StringComparison.Ordinal);
        Assert.Equal(["dashboard", "runtime", "shim"], await apt.ListAsync());
    }

    [Fact]
    public async Task Nothing_is_installed_when_something_would_have_to_be_removed_for_it()
    {
        await apt.AptGetAsync("install", "-y", "other-runtime");
        var refusal = await Assert.ThrowsAsync<NodeException>(() => apt.ApplyAsync(new PackagesChange("runtime")));
        Assert.Contains("apt would remove other-runtime for it", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(["other-runtime"], await apt.ListAsync());
    }

    [Fact]
    public async Task Another_apt_at_work_is_waited_for_and_named()
    {
        var told = new List<string>();
        var other = apt.AptGetAsync("install", "-y", "editor", "-o", "DPkg::Pre-Invoke::=sleep 3");
        await Eventually.IsTrueAsync("the other apt holds its lock", () => apt.IsLocked);
        await apt.ApplyAsync(new PackagesChange("runtime"), told.Add);
        await other;
        Assert.Contains(told, line => line.StartsWith("waiting for apt-get (process ", StringComparison.Ordinal));
        await apt.UndoAsync();
        Assert.Equal(["editor"], await apt.ListAsync());
    }
}
