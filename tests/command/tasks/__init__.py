"""The commands that submit, watch and change tasks."""
