"""Contracts between the rooms as data: directive table, IR, site, plan, record, manifest. Imports no other room."""

from mlnc import check_import_name

check_import_name(__name__)
