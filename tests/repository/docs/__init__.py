"""The documentation as a site, and its code blocks."""
