"""Logs and spans of the services."""
