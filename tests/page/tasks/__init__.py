"""Tests of the views of tasks."""
