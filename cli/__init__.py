"""The command ``mlnc``: it drives the compiler and the targets, and is the only room that knows both."""
