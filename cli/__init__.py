"""The command ``mlnc``: it runs the compiler, the planner and the targets."""

from mlnc import check_import_name

check_import_name(__name__)
