"""What a hostile client may try, by the OWASP API top ten of 2023."""
