"""A clinic's connections to pharmacies: what is set up, what is sent, what comes back, and the worker between."""
