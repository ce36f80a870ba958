"""Upgrades: from what was applied last and what is wanted now to a plan, step by step, of how to get there."""

from mlnc import check_import_name

check_import_name(__name__)
