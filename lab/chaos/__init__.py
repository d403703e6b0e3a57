"""`make chaos`: tasks are submitted while everything breaks, and afterwards each of them is accounted for."""
