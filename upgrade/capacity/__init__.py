"""Order of moves and changes over the memory of the servers."""
