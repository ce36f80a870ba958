"""A laboratory of real service hosts: Xen, dom0 and guests inside QEMU, for tests and for those without a server."""
