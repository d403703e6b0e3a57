"""A long run under a steady, mixed load: whether anything grows that should not."""
