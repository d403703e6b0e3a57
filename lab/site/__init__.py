"""What Sphinx lacks to build the pages of this repository into a site."""
