"""Runs Valkey, the worker and the API on one machine under one supervisor."""
