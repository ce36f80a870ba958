"""mlnc compiles MLN projects, networks of virtual machines, to static artifacts.

The rooms are folders at the top of the repository (``compiler/``, ``targets/``, ``schemas/`` ...). The links beside
this file give them one import name, so that an installed mlnc claims no name but ``mlnc`` (see ARCHITECTURE.md).
"""

from pathlib import Path

__version__ = "0.1.0"

if not (Path(__file__).parent / "schemas").is_dir():
    raise SystemExit(
        "mlnc: this checkout has no symbolic links; clone it again with 'git clone -c core.symlinks=true' "
        "on a file system that supports them"
    )


def check_import_name(name: str) -> None:
    """Raise ImportError unless the room *name* is imported as a part of ``mlnc``.

    A room that is also imported by its bare name would exist twice, with two copies of every class.
    """
    if not name.startswith("mlnc."):
        raise ImportError(f"import mlnc.{name}, not {name}")
