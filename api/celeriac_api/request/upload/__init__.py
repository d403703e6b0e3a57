"""Bodies that contain files: multipart/form-data, and the bare content of one file."""
