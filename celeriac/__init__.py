"""What both services stand on, and what people import."""
