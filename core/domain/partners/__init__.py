"""How a pharmacy is connected, how fast it may be called, and what every connection can do."""
