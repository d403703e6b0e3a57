"""Runs the code blocks of the documentation."""
