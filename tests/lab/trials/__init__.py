"""Trials: one disaster each, which a stock worker does not come through and ours does."""
