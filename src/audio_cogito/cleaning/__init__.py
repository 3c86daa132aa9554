"""What must not be trained on, and how much of each kind is: overlap with benchmarks, and balance."""
