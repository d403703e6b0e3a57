"""Tests of `celeriac generate`, and of the modules that it writes."""
