"""Configuration of guests: files and scripts."""
