"""Observation of the servers: surveys, status, drift, and decisions that depend on them. Read-only."""
