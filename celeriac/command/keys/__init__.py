"""`celeriac keys`: creates, lists, rotates and revokes the keys of the API."""
