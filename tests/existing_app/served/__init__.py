"""Existing apps over HTTP: an API that has none of their code."""
