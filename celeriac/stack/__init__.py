"""The whole stack on one machine, for `make run`: Valkey, the worker and the API under one supervisor."""
