"""What breaks and measures the rest: the bench, chaos, the soak, and the harness they share."""
