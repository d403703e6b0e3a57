"""What a request says about a new task: its name, its input and its options."""
