"""The values of the ledger: a task, its states, a submission, a filter."""
