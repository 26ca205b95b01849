namespace Holdfast.Kube.Tests.Naming;

public sealed class NamesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("123-abc", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("a.b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123", false)]
    public void Labels(string value, bool isValid) => Assert.Equal(isValid, Names.IsLabel(value));

    [Theory]
    [InlineData("a.b-c.d", true)]
    [InlineData("a..b", false)]
    [InlineData(".a", false)]
    [InlineData("a_b", false)]
    public void Subdomains(string value, bool isValid) => Assert.Equal(isValid, Names.IsSubdomain(value));

    [Fact]
    public void Messages_are_those_of_Kubernetes()
    {
        Assert.Equal(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
                + "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            Names.CheckLabel("A_")
        );
        Assert.Equal(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
                + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                + @"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            Names.CheckSubdomain("A_")
        );
        Assert.Equal("must be no more than 63 characters", Names.CheckLabel(new string('a', 64)));
    }

    [Theory]
    [InlineData("app", true)]
    [InlineData("app.kubernetes.io/Name_1", true)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("A_/a", false)]
    [InlineData("a/b/c", false)]
    [InlineData("a-", false)]
    public void Qualified_names(string value, bool isValid) =>
        Assert.Equal(isValid, Names.CheckQualifiedName(value) is null);

    [Theory]
    [InlineData("", true)]
    [InlineData("a_B.c", true)]
    [InlineData("-a", false)]
    public void Label_values(string value, bool isValid) => Assert.Equal(isValid, Names.CheckLabelValue(value) is null);

    [Theory]
    [InlineData("key.name", true)]
    [InlineData(".hidden", true)]
    [InlineData("..", false)]
    [InlineData("..x", false)]
    [InlineData("a/b", false)]
    [InlineData("", false)]
    public void Config_keys(string value, bool isValid) => Assert.Equal(isValid, Names.CheckConfigKey(value) is null);

    [Theory]
    [InlineData("http", true)]
    [InlineData("80", false)]
    [InlineData("a--b", false)]
    [InlineData("-a", false)]
    [InlineData("a123456789012345", false)]
    public void Port_names(string value, bool isValid) => Assert.Equal(isValid, Names.CheckPortName(value) is null);

    [Theory]
    [InlineData("PATH", true)]
    [InlineData("my.env-name", true)]
    [InlineData("1A", false)]
    [InlineData("A=B", false)]
    public void Environment_names(string value, bool isValid) =>
        Assert.Equal(isValid, Names.CheckEnvName(value) is null);

    [Fact]
    public void Generated_names_carry_five_letters_and_stay_labels()
    {
        Assert.Matches("^web-[bcdfghjklmnpqrstvwxz2456789]{5}$", Names.Generate("web-", new Random(1)));
        Assert.Equal(63, Names.Generate(new string('a', 200), new Random(1)).Length);
    }
}
