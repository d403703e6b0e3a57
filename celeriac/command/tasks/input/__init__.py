"""Makes the input of a task from words, by its JSON Schema."""
