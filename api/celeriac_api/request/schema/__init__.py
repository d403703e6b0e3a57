"""Judges inputs by the JSON Schema of their definition."""
