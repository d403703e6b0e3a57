"""The bench: what Celeriac does, measured beside what people would use instead, in one run."""
