"""The screens: one file each at this level, and what they share in ``parts``."""
