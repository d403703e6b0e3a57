"""The programs that the bench compares with Celeriac."""
