"""Scripts that create, fill and remove volumes."""
