// Nodes are heavy, and two cores boot them no faster side by side.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
