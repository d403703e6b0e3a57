"""Asking for tasks, and acting on them."""
