"""Runs the sample app beside its stock twin, and compares them case by case."""
