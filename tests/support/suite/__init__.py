"""How the tests are run: in which processes, which of them are quick, and what holds after each."""
