"""The rehearsal: service hosts that are folders, on which the generated scripts run unmodified."""

from mlnc import check_import_name

check_import_name(__name__)
