"""Operates queues, and the rules of keys."""
