"""Before and while spending: what a run will cost, what it has used, and when to stop it."""
