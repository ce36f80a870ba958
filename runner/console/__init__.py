"""Terminal input and output of the runner: options, plans, questions and results."""
