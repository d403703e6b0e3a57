"""A small existing app under real workers: each hook, and what breaks."""
