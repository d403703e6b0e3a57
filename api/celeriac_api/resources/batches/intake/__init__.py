"""Receives the items of a batch, checks them and adds them."""
