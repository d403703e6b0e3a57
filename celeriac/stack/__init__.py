"""The whole stack on one machine, for `celeriac up`: Valkey, the worker and the API under one supervisor."""
