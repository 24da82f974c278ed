"""Price lists in: read as they come, previewed against the prices in force, approved as dated rows, and undone."""
