"""Tests of the views for schedules, graphs, batches, limits and deliveries."""
