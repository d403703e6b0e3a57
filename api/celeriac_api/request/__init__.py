"""Reads a request once, checks it, and makes values from it."""
