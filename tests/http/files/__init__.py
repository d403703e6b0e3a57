"""Files, through the front door."""
