"""What every screen is made of: session and guard, layout, tables, charts, formats, notices."""
