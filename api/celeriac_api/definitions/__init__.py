"""The definitions that the API offers: of its task modules, of a file, and those that workers announce."""
