"""Definitions that workers announce, and a file has: the API serves them without their code."""
