"""Fills stores with tasks, to measure with."""
