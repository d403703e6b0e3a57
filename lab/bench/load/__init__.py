"""Creates load on a server, from separate processes."""
