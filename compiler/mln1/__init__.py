"""Differences between MLN 1.0.8.8 and mlnc in reading the same files: ``mlnc check --mln1``."""
