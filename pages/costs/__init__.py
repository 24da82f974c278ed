"""The tabs of SKU costs."""
