"""What such an app publishes."""
