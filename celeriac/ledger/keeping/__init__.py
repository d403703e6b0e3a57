"""The keeper: what is done in rounds, by every process."""
