using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Hub;

/// <summary>kubectl 1.20 of Debian 12.</summary>
public sealed class Kubectl120Tests : KubectlTests
{
    protected override async Task<string> FindProgramAsync() =>
        Path.Join(await DebianPackage.UnpackAsync("bookworm", "kubernetes-client"), "usr/bin/kubectl");
}

/// <summary>kubectl 1.32 of Debian 13.</summary>
public sealed class Kubectl132Tests : KubectlTests
{
    protected override Task<string> FindProgramAsync() => DebianPackage.KubectlAsync();
}

/// <summary>The newest kubectl of Debian.</summary>
public sealed class NewestKubectlTests : KubectlTests
{
    protected override async Task<string> FindProgramAsync() =>
        Path.Join(await DebianPackage.UnpackAsync("sid", "kubectl"), "usr/bin/kubectl");
}
