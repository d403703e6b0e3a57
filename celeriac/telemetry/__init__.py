"""What the API and the worker say of themselves: lines of a log, and spans."""
