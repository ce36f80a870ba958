"""Order of migrations and memory changes within the memory of the servers."""
