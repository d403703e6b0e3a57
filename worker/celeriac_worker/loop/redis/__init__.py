"""What a loop asks of Redis: messages, claims and ends, in packets."""
