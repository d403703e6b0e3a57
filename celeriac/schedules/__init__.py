"""Schedules: their due times, how they are stored, and what submits their tasks."""
