"""Shows and changes the rules of keys of flow control."""
