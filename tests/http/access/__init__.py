"""Keys and what they allow: rules by calling them, the rest over HTTP."""
