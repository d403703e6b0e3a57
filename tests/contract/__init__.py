"""What a declaration may say, and what follows from it."""
