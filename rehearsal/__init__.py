"""The rehearsal: service hosts that are folders, on which the generated scripts run unmodified."""
