"""Differences between the deployed state and the build."""
