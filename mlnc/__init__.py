"""mlnc compiles MLN projects, networks of virtual machines, to static artifacts.

The rooms live at the top of the repository (``compiler/``, ``targets/``, ``schemas/``); the links beside this
file give them one import name, so that an installed mlnc claims nothing but ``mlnc`` (see ARCHITECTURE.md).
"""

__version__ = "0.1.0"
