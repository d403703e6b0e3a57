"""What a declaration can add to a task: retries and schedules."""
