"""What tests stand on: servers, clients, and what the system knows of processes."""
