"""Whether the result of one task can be part of the input of another."""
