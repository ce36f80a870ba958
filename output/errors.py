"""How the runner says that it does not go on."""


class Refused(Exception):
    """The runner does not go on; the message says why and what to do."""
