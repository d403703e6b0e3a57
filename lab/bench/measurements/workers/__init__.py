"""The measurements of workers."""
