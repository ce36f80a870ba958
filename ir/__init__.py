"""The intermediate representation (IR) of projects and sites, its YAML form, and values derived from it."""

from mlnc import check_import_name

check_import_name(__name__)
