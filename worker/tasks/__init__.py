"""The starter tasks: each module of this package is found by itself."""
