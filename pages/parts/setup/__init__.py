"""The tabs of Setup."""
