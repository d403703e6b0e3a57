"""A Redis that is away, refuses, stalls, fails over, or has another address."""
