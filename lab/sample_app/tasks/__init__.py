"""The tasks of the sample, by kind."""
