"""The runner: brings what a build wrote onto the service hosts, and looks after it there."""
