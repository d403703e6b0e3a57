"""Keys and what they allow: the rules by calling them, the rest over HTTP."""
