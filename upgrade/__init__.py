"""Upgrades: plans of steps that lead from the deployed state to the build."""

from mlnc import check_import_name

check_import_name(__name__)
