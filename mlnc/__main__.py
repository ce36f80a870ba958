"""``python -m mlnc``: the same as the command ``mlnc``."""

from mlnc.cli.main import main

main()
