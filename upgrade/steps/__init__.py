"""Steps of a plan and the commands of their scripts."""
