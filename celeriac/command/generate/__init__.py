"""`celeriac generate`: a module of typed calls, written from the OpenAPI document of an API."""
