"""Log lines and spans of the API and the worker."""
