"""How tests run: in which processes, which are quick, what holds afterwards."""
