"""Xen: domain files, xend configuration and checks of migrations."""
