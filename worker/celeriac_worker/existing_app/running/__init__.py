"""Runs the tasks of an existing app with the promises of the ledger."""
