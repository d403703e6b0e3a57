"""The words of the ledger: a task, its states, a submission, a filter."""
