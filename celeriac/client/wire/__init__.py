"""What goes over the wire: requests, answers, JSON, headers."""
