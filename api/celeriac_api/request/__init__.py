"""What a request asks for: read once, checked, and made into values."""
