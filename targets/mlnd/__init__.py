"""Configuration of mlnd, the daemon of MLN 1."""
