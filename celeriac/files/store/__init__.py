"""Where large files lie, by the hash of their content."""
