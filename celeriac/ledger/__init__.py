"""The ledger: the truth about every task, in Redis. Keys, states, scripts and the wire format live here only."""
