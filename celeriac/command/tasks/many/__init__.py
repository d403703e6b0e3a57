"""Many tasks at once: lines of standard input, and what is done with each."""
