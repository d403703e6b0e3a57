"""Celeriac in an app of one's own: how it is mounted, and how it submits without HTTP."""
