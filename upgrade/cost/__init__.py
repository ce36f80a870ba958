"""Cost of each difference, migration mode and action for each volume."""
