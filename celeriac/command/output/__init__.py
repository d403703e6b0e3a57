"""What the command prints: data on standard output, words for people on standard error."""
