"""Connects the ledger to Redis: keys, scripts, connections."""
