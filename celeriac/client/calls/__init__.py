"""What can be asked of the API, a room for each subject; each call is described once."""
