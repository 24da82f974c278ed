"""What screens are made of. Streamlit serves every file directly in ``pages`` by its URL; nothing in here is."""
