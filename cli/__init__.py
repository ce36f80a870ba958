"""The command ``mlnc``: it drives the compiler and the targets, and is the only room that knows both."""

from mlnc import check_import_name

check_import_name(__name__)
