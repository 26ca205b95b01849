namespace Holdfast.Document;

/// <summary>One way in which a runtime runs pods; RuntimeClass objects point at it by name.</summary>
public sealed record HandlerSpec
{
    /// <summary>The shim of runc since containerd 1.3; the only one that knows the option SystemdCgroup.</summary>
    public const string RuncRuntimeType = "io.containerd.runc.v2";

    /// <summary>Kata's shim, and the annotations of pods that are meant for it.</summary>
    public const string KataRuntimeType = "io.containerd.kata.v2";
    public const string KataAnnotations = "io.katacontainers.*";

    public required string Name { get; init; }
    public HandlerKind Kind { get; init; } = HandlerKind.Runc;

    /// <summary>containerd's name of the shim.</summary>
    public string RuntimeType { get; init; } = RuncRuntimeType;

    /// <summary>The shim's program; null where the runtime finds it by its type.</summary>
    public string? RuntimePath { get; init; }

    /// <summary>Options of the shim, passed through as written.</summary>
    public IReadOnlyDictionary<string, OptionValue> Options { get; init; } = new Dictionary<string, OptionValue>();

    /// <summary>Patterns of pod annotations that reach the shim; the runtime drops all others.</summary>
    public IReadOnlyList<string> PodAnnotations { get; init; } = [];

    /// <summary>The same for annotations of containers.</summary>
    public IReadOnlyList<string> ContainerAnnotations { get; init; } = [];

    /// <summary>Whether a privileged container gets no devices of the host: right for virtual machines.</summary>
    public bool PrivilegedWithoutHostDevices { get; init; }

    /// <summary>What the handler itself needs beside the containers; goes into the RuntimeClass.</summary>
    public OverheadSpec? Overhead { get; init; }

    /// <summary>Whether a pod of it is a virtual machine; Kata's shim given as a plain one counts.</summary>
    public bool IsVirtualMachine =>
        Kind == HandlerKind.Kata || RuntimeType.StartsWith("io.containerd.kata", StringComparison.Ordinal);

    /// <summary>Not null exactly when <see cref="Kind"/> is Kata.</summary>
    public KataSpec? Kata { get; init; }
}

/// <summary>What stands behind a handler.</summary>
public enum HandlerKind
{
    /// <summary>runc, or a program that takes runc's command line, in namespaces and cgroups.</summary>
    Runc,

    /// <summary>Any other containerd shim that is on the machine already; Holdfast passes its type and options through.</summary>
    Shim,

    /// <summary>Kata Containers: a virtual machine per pod.</summary>
    Kata,
}

/// <summary>Kata Containers as one handler uses them.</summary>
public sealed record KataSpec
{
    public const string DefaultHypervisor = "qemu";

    /// <summary>As in <c>configuration-HYPERVISOR.toml</c>: qemu, clh, fc, acrn, dragonball...</summary>
    public string Hypervisor { get; init; } = DefaultHypervisor;

    /// <summary>Where Kata comes from; the same for all handlers of a node.</summary>
    public InstallSpec Install { get; init; } = new InstallSpec.Present();

    /// <summary>A configuration file of a person's own; null takes the one of the hypervisor.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Patterns of settings that pods may change by annotation (Kata's <c>enable_annotations</c>).</summary>
    public IReadOnlyList<string> Annotations { get; init; } = [];
}

/// <summary>Memory and CPU that a pod costs beside its containers, as Kubernetes writes quantities.</summary>
public sealed record OverheadSpec(string? Memory, string? Cpu);

/// <summary>A value of a handler's option.</summary>
public abstract record OptionValue
{
    private OptionValue() { }

    /// <summary>A string.</summary>
    public sealed record Text(string Value) : OptionValue;

    /// <summary>A whole number.</summary>
    public sealed record Integer(long Value) : OptionValue;

    /// <summary>true or false.</summary>
    public sealed record Switch(bool Value) : OptionValue;

    /// <summary>A list of strings.</summary>
    public sealed record TextList(IReadOnlyList<string> Values) : OptionValue;
}
