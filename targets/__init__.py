"""The targets: the IR to the files a service host needs. They know no MLN."""

from mlnc import check_import_name

check_import_name(__name__)
