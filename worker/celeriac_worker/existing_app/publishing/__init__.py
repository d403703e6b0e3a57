"""What an existing app publishes, and what makes the messages of the API."""
