"""The JSON Schemas of definitions, and what they say beyond JSON Schema."""
