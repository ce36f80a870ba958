"""Bridges of the switches on each service host."""
