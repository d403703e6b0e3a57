"""Measures and breaks the rest: bench, chaos, soak, and the harness they share."""
