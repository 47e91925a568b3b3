"""The patient reader of delimited text: ragged rows, stray quotes, mixed encodings, huge cells.

Every line that is not blank ends up in a row. A quote that was never meant as one would swallow
the lines after it; such a line is read again by itself.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from vnvaxmatch.bulk.sources.encoding import best_of_bytes

__all__ = ["MOST_LINES", "patient_rows"]

MOST_LINES = 50
"""A row of more lines than this was opened by a stray quote."""

_LARGEST_CELL = 2**31 - 1
_VOTERS = 1_000
"""So many lines in a foreign encoding are looked at one by one; the rest are read as most were."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_END_OF_FILE = ["\x1a"]


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
            row = _line_alone(lines.give_back(), delimiter, width)
        if row is None:
            return
        odd = len(row) != width or len(lines.taken) > 1
        if odd and _swallowed(row, lines.taken, delimiter, width):
            row = _line_alone(lines.give_back(), delimiter, width)
        elif len(row) == len(lines.taken) == 1 < width and delimiter in row[0]:  # all in quotes
            row = _line_alone(row[0], delimiter, width)
        if row and row != _END_OF_FILE:
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
        if len(self.taken) > MOST_LINES:
            raise _TooManyLinesError
        line = self._again.popleft() if self._again else next(self._source)
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Give back all taken lines but the first, which is returned."""
        self._again.extendleft(reversed(self.taken[1:]))
        return self.taken[0]


def _decoded_lines(path: Path, encoding: str) -> Iterator[str]:
    if "\n".encode(encoding) != b"\n":  # UTF-16 and its kin: lines are found after decoding
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            yield from file
        return
    strict = "utf-8" if encoding == "utf-8-sig" else encoding
    foreign = _Foreign(strict)
    with path.open("rb") as file:
        for number, raw in enumerate(file):
            if number == 0 and strict == "utf-8":
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                line = raw.decode(strict)
            except UnicodeDecodeError:
                line = foreign.decode(raw)
            # a lone carriage return ends a line on old systems and in pasted cells
            yield from _LINE.findall(line) if "\r" in line else (line,)


class _Foreign:
    """Decodes lines that are not in the encoding of their file."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._votes: Counter[str] = Counter()

    def decode(self, raw: bytes) -> str:
        """Decode a line as its own words suggest; bytes that nothing fits become U+FFFD."""
        if self._encoding != "utf-8":
            return raw.decode(self._encoding, "replace")
        if self._votes.total() < _VOTERS:
            encoding = best_of_bytes(raw)[0]
            self._votes[encoding] += 1
        else:
            encoding = self._votes.most_common(1)[0][0]
        return raw.decode(encoding, "replace")


def _line_alone(line: str, delimiter: str, width: int) -> list[str]:
    """Read a line whose quotes do not pair: as they stand if that fits, else without them."""
    row = next(csv.reader([line], delimiter=delimiter), [])
    if len(row) == width:
        return [cell.rstrip("\r\n") for cell in row]
    cells = line.rstrip("\r\n").split(delimiter)
    return [cell.replace('"', "").strip() if '"' in cell else cell for cell in cells]


def _swallowed(row: Sequence[str], lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Tell whether a cell holds the end of one row and the start of another.

    A pair of stray quotes leaves a cell whose lines have exactly the delimiters of broken rows. One
    that does not pair leaves more text behind its end.
    """
    proper = _is_proper(lines, delimiter)
    for at, cell in enumerate(row):
        first, *inner = _LINE_END.split(cell)
        if not inner:
            continue
        *between, last = [line.count(delimiter) for line in inner if line] or [0]
        counts = [first.count(delimiter), *between, last]
        if counts == [width - 1 - at, *[width - 1] * len(between), at + width - len(row)]:
            return True
        if not proper and sum(counts) >= width - 1:
            return True
    return not proper and len(row) != width


def _is_proper(lines: Sequence[str], delimiter: str) -> bool:
    """Tell whether every quote of these lines opens, closes or is doubled, as the rules say."""
    try:
        for _ in csv.reader(lines, delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True
