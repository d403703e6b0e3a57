"""Whether the Django shop of the examples works as its page says."""
