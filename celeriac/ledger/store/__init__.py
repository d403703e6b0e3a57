"""How the ledger talks to Redis: keys, scripts, connections."""
