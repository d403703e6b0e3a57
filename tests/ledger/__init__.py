"""The truth about every task, whatever becomes of Redis."""
