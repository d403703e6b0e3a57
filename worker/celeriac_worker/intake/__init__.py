"""How messages come in: how many, and which are none."""
