"""Stores of tasks to measure with."""
