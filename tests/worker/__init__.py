"""The worker: intake, processes, ends and recovery."""
