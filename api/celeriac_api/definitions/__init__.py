"""The definitions that the API offers: loaded, of a file, and announced by workers."""
