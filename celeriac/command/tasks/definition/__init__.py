"""Task definitions, as the commands that submit use them: parameters, help and words."""
