"""Opens the values that runs share: in a pool process, and in an event loop."""
