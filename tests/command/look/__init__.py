"""Commands that show what a server has, and that operate it."""
