"""The runner: brings what a build wrote onto the service hosts, and looks after it there."""

from mlnc import check_import_name

check_import_name(__name__)
