"""Pharmacies as partners: a folder for each way of reaching them, and registry.py, which lists the folders."""
