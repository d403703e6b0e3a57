"""What can be asked of the API; each call is described once."""
