"""Whether the sample app does what its stock twin does, case by case."""
