"""Whether a trial did any harm."""
