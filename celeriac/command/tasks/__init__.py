"""`celeriac submit`, `run`, `watch`, `cancel`, `retry`, `forget`: what a person does with tasks."""
