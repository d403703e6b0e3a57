"""What all subcommands share: their help and their common options."""
