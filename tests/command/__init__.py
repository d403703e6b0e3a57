"""The wheel, and the command that it installs."""
