"""What talks to the world outside: the store, files, pharmacies, payment providers, secrets."""
