"""The keeper's rounds."""
