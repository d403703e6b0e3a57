"""The door judges by JSON Schema as a worker does by the model."""
