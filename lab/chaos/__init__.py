"""`make chaos`: submits tasks while everything breaks, and accounts for each."""
