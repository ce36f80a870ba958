"""Upgrades: from what was applied last and what is wanted now to a plan, step by step, of how to get there."""
