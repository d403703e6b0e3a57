"""The promises of Celeriac, each with a test that tries to break it."""
