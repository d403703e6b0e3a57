"""Files in answers: as their bytes, as links, and in the OpenAPI document."""
