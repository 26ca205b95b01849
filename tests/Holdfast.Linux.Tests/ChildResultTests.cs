namespace Holdfast.Linux.Tests;

public sealed class ChildResultTests
{
    [Fact]
    public void Last_words_come_from_errors_then_output_then_the_exit_code()
    {
        Assert.Equal("why", new ChildResult(1, "out\n", "a\nwhy\n\n").LastErrorLine);
        Assert.Equal("out", new ChildResult(1, "out\n", "\n").LastErrorLine);
        Assert.Equal("it ended with exit code 3 and said nothing", new ChildResult(3, "", "").LastErrorLine);
    }

    [Fact]
    public void Definitions_are_the_same_by_what_they_say()
    {
        var one = new SupervisedDefinition("a", ["x", "y"], "/log");
        Assert.True(one.IsSameAs(new SupervisedDefinition("a", ["x", "y"], "/log")));
        Assert.False(one.IsSameAs(new SupervisedDefinition("a", ["x"], "/log")));
        Assert.False(one.IsSameAs(one with { Environment = new Dictionary<string, string> { ["a"] = "b" } }));
        Assert.False(one.IsSameAs(null));
    }
}
