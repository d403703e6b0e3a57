"""The bench, chaos and the soak run."""
