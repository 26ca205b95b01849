using Holdfast.Commands;

return await CommandLine.RunAsync(args);
