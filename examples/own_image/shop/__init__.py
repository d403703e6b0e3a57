"""Tasks of a shop: an example of a package of your own."""
