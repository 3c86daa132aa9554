"""From a file, or an archive's member, to the samples of a clip: decoders, what gates judge by, processes."""
