"""The patient reader of delimited text: ragged rows, stray quotes, mixed encodings, huge cells.

Every line that is not blank ends up in a row. A quote that was never meant as one would swallow
the lines after it; such a line is read again with its quotes taken as they stand.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

__all__ = ["patient_rows"]

_MOST_LINES = 50
"""A quoted cell of more lines than this was opened by a stray quote."""

_LARGEST_CELL = 64 << 20

_LINE = re.compile(r"[^\r]*\r|[^\r]+")


def patient_rows(
    path: Path, *, encoding: str, delimiter: str, width: int, above: int
) -> Iterator[list[str]]:
    """Give the cells of every row below the first ``above`` lines; blank lines are no rows."""
    csv.field_size_limit(_LARGEST_CELL)
    lines = _Lines(path, encoding)
    for _ in range(above):
        next(lines, None)
    while True:
        lines.taken.clear()
        try:
            row = next(csv.reader(lines, delimiter=delimiter), None)
        except (csv.Error, _TooManyLinesError):
            row = _first_line_alone(lines, delimiter)
        if row is None:
            return
        if len(lines.taken) > 1 and _swallowed(row, delimiter, width):
            row = _first_line_alone(lines, delimiter)
        if row:
            yield row


class _TooManyLinesError(Exception):
    """A quoted cell runs on and on."""


class _Lines:
    """Lines of a file, which can be taken back; each decoded by itself if the file is mixed."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.taken: list[str] = []
        self._again: deque[str] = deque()
        self._source = _decoded_lines(path, encoding)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) > _MOST_LINES:
            raise _TooManyLinesError
        line = self._again.popleft() if self._again else next(self._source)
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Give back all taken lines but the first, which is returned."""
        self._again.extendleft(reversed(self.taken[1:]))
        return self.taken[0]


def _decoded_lines(path: Path, encoding: str) -> Iterator[str]:
    if encoding.startswith("utf-16"):
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            yield from (line.replace("\0", "") for line in file)
        return
    strict = "utf-8" if encoding == "utf-8-sig" else encoding
    with path.open("rb") as file:
        for number, raw in enumerate(file):
            if number == 0:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                line = raw.decode(strict)
            except UnicodeDecodeError:
                line = raw.decode("cp1258" if strict == "utf-8" else strict, "replace")
            # a lone carriage return ends a line on old systems and in pasted cells
            yield from _LINE.findall(line.replace("\0", "").replace("\r\n", "\n"))


def _first_line_alone(lines: _Lines, delimiter: str) -> list[str]:
    line = lines.give_back()
    cells = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    return [cell.replace('"', "").strip() if '"' in cell else cell for cell in cells]


def _swallowed(row: list[str], delimiter: str, width: int) -> bool:
    """Tell whether a cell holds whole rows: a line end, and as many delimiters as a row has."""
    return any("\n" in cell and cell.count(delimiter) >= width - 1 for cell in row)
