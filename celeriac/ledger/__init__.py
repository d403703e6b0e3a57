"""The ledger: the truth about every task, in Redis."""
