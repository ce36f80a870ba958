"""The compiler: MLN text to the normalized intermediate representation (IR)."""

from mlnc import check_import_name

check_import_name(__name__)
