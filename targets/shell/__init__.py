"""The shell library and the scripts that start and stop projects."""
