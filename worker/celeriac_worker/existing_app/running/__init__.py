"""How the tasks of an existing app run: claims, ends, beats and returns."""
