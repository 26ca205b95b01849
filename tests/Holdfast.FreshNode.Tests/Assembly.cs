// A node boots, fetches and waits more than it computes: two at a time keep two cores busy, more only queue for them.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
