"""Quotes out: chosen SKUs under chosen programs as a workbook of live formulas, or as pages to print."""
