"""What the sources share: tables and what they say of a recording, files on disk, names that datasets agree on."""
