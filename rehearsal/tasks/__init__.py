"""Invoke task of the rehearsal. A course's ``tasks.py`` imports it: ``from mlnc.rehearsal.tasks import *``."""

from mlnc.rehearsal.tasks.rehearse_task import rehearse

__all__ = ["rehearse"]
