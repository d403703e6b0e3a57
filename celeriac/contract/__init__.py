"""Declares tasks, and derives their definitions."""
