"""A laboratory of real service hosts: Xen, dom0 and guests inside QEMU, for tests and for those without a server."""

from mlnc import check_import_name

check_import_name(__name__)
