"""Observation: what the servers have, and how it differs from the build."""
