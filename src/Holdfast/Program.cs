using Holdfast.Commands;
using Holdfast.Linux;

InheritedSettings.Replace();
return await CommandLine.RunAsync(args);
