"""The HTTP service, through its front door."""
