"""`celeriac schedule`: puts schedules, shows them, and looks after them."""
