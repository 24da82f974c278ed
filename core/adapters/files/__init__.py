"""Files in and out: a clinic's folder, carts, and tables to download (docs/formats.md)."""

from core.adapters.files.cart import CartUpload, read_cart
from core.adapters.files.columns import CART, FILES, Column, File
from core.adapters.files.export import csv_bytes, neutralised, xlsx_bytes
from core.adapters.files.folder import (
    Folder,
    Layout,
    Shape,
    export_folder,
    read_files,
    read_folder,
    shape_of,
    templates,
)
from core.adapters.files.records import KnownKeys
from core.adapters.files.template_workbook import template_workbook

__all__ = [
    "CART",
    "FILES",
    "CartUpload",
    "Column",
    "File",
    "Folder",
    "KnownKeys",
    "Layout",
    "Shape",
    "csv_bytes",
    "export_folder",
    "neutralised",
    "read_cart",
    "read_files",
    "read_folder",
    "shape_of",
    "template_workbook",
    "templates",
    "xlsx_bytes",
]
