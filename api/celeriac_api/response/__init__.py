"""Makes answers: the task document, problems, and their description in OpenAPI."""
