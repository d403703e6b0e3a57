"""Files that tasks take and return, and where large ones lie."""
