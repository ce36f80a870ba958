"""The error of the runner."""


class Refused(Exception):
    """The runner refuses to continue; the message gives the reason and what to do."""
