"""The testing kit does what the real services do."""
