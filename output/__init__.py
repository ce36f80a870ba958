"""The output folder: manifest, bundles, transaction, deployed records and plans."""

from mlnc import check_import_name

check_import_name(__name__)
