"""What an answer says: the task document, problems, and their description in OpenAPI."""
