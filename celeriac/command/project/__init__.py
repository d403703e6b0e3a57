"""`celeriac new`, and the files of the project that it writes."""
