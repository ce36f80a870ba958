"""Deployment: what to do on each server, whether it is allowed, and in which order it runs."""
