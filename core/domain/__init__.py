"""Values and their arithmetic: the vocabulary, money, orders, connections. No store, clock or network."""
