"""The task that the trial submits."""
