namespace Holdfast.Machine.Tests.Hub;

public sealed class Kubectl120Tests() : KubectlTests(KubectlVersion.V1_20);

public sealed class Kubectl132Tests() : KubectlTests(KubectlVersion.V1_32);

public sealed class NewestKubectlTests() : KubectlTests(KubectlVersion.Newest);
