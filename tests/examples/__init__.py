"""Examples of the client, one feature a file; the documentation shows them."""
