"""Measurements of mlnc. Nothing of it is installed."""
