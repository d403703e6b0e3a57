"""What a task is: how it is declared, and what follows from its declaration."""
