"""Which server the command talks to, and with which key."""
