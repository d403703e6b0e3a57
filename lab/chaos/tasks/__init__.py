"""The tasks that the trial submits."""
