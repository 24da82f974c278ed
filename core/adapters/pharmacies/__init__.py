"""Pharmacies as partners: the protocol, the simulated one, and the worker that sends and listens."""
