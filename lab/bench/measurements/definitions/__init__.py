"""What hundreds of announced definitions cost an API, one file a question."""
