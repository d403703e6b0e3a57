"""Tests of webhooks: addresses, signatures, deliveries."""
