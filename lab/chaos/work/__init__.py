"""What is submitted in a trial, and by whom."""
