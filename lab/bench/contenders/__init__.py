"""The programs that the bench measures beside Celeriac."""
