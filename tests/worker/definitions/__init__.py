"""Task definitions at two times, for tests of changed definitions."""
