"""The starter tasks; Celeriac finds each module of this package."""
