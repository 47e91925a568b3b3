"""Tell what a file is by its content, and open it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from vnvaxmatch.bulk.sources.encoding import utf16_without_mark
from vnvaxmatch.bulk.sources.source import Options, Source
from vnvaxmatch.errors import InputError

__all__ = ["open_source"]


def open_source(path: str | Path, options: Options) -> Source:
    """Open a list by what it holds, not by its suffix; a folder of files of one kind is one list.

    Raises :class:`InputError` in one line for what cannot be read, and
    :class:`~vnvaxmatch.errors.ColumnError` where a mandatory column is not found.
    """
    path = Path(path)
    if os.path.isdir(path):  # unlike Path, it never raises: what cannot be looked at says so below
        from vnvaxmatch.bulk.sources.folder import open_folder

        return open_folder(path, options, open_file=_open_file)
    source = _open_file(path, options)
    if source is None:
        raise InputError(f"{path} is empty: 0 bytes; export the list again")
    return source


def _open_file(path: Path, options: Options) -> Source | None:
    """Open a file; None for one of 0 bytes."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is a pipe or a device; save the list to a file first")
        with path.open("rb") as file:
            kind = _kind(file)
    except OSError as error:
        raise InputError(
            f"cannot open {path}: {error.strerror or type(error).__name__}; check the name and "
            f"who may read it"
        ) from error
    match kind:
        case "empty":
            return None
        case "parquet":
            from vnvaxmatch.bulk.sources.parquet import open_parquet

            return open_parquet(path, options)
        case "zip" | "ole":
            from vnvaxmatch.bulk.sources.spreadsheet import open_spreadsheet

            return open_spreadsheet(path, options, zipped=kind == "zip")
        case "markup":
            raise InputError(
                f"{path} is a web page or XML, which some programs save under a spreadsheet's "
                f"name; open it in a spreadsheet program and save it as XLSX"
            )
        case "binary":
            raise InputError(
                f"{path} is not a text file, a spreadsheet or Parquet; "
                f"export the list as CSV (UTF-8) or XLSX"
            )
        case _:
            from vnvaxmatch.bulk.sources.delimited import open_delimited

            return open_delimited(path, options)


def _kind(file: BinaryIO) -> str:
    head = file.read(65_536)
    if not head:
        return "empty"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"))
    if marked or utf16_without_mark(head) is not None:
        return "text"
    if _MARKUP.match(head):
        return "markup"
    controls = sum(head.count(byte) for byte in _BINARY)
    return "binary" if controls > max(len(head) // 100, _FEW) else "text"


_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|meta|\?xml)\b", re.I)

_BINARY = [bytes([b]) for b in range(32) if b not in b"\t\n\r\f\v\x02\x05\x06\x14\x19\x1a\x1e\x1c"]
"""Control bytes that text hardly holds; left out are letters in VISCII, VPS, and line ends."""

_FEW = 8
"""So many of them are debris in a small list, not the sign of another kind of file."""
