"""Where MLN 1.0.8.8 would have read the same files differently: ``mlnc check --mln1``."""
