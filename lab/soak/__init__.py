"""A long run under a steady, mixed load that looks for growth."""
