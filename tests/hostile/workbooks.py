"""Workbooks and archives as nobody should make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from itertools import pairwise

import openpyxl


def workbook(*rows: Sequence[object], hidden: Sequence[Sequence[object]] = ()) -> bytes:
    """A workbook of these rows, behind a hidden sheet where ``hidden`` has rows."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    if hidden:
        sheet = book.create_sheet("Hidden", 0)
        sheet.sheet_state = "hidden"
        for row in hidden:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


def with_sheet(data: bytes, change: Callable[[str], str]) -> bytes:
    """The workbook with the XML of its sheet changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name.endswith("sheet1.xml") else text)
    return out.getvalue()


def entities_in_entities(_: str) -> str:
    """A sheet of a few lines that expands to gigabytes."""
    names = "abcdefghij"
    nested = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names))
    start = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">{nested}]>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<c t="inlineStr"><is><t>&j;</t></is></c>'
    return f'{start}<worksheet xmlns="{space}"><sheetData><row r="1">{cell}</row></sheetData></worksheet>'


def zipped(**files: bytes) -> bytes:
    """A ZIP file; ``__`` in a name is a dot."""
    return archive({name.replace("__", "."): data for name, data in files.items()})


def archive(files: dict[str, bytes]) -> bytes:
    """A ZIP file of these members, by their names as given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in files.items():
            written.writestr(name, data)
    return out.getvalue()


def understated(data: bytes) -> bytes:
    """An archive whose members say that they unpack to ten bytes."""
    ten, changed = (10).to_bytes(4, "little"), bytearray(data)
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = changed.find(signature)
        while place >= 0:
            changed[place + at : place + at + 4] = ten
            place = changed.find(signature, place + 4)
    return bytes(changed)
