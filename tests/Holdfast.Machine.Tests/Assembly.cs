// Each test has a containerd of its own; two cores run them no faster side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
