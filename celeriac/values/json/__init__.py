"""JSON: names, pointers, nesting, and references to results."""
