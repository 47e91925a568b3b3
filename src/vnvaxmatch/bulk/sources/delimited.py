"""Delimited text (CSV and its kin): the fast reader for clean files, the patient one for the rest.

Both give the same rows. The fast one (Arrow's) gives up at the first row it cannot take, and the
patient one goes on from there.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vnvaxmatch.bulk.columns import Columns, choose, fold_heading, heading_forms
from vnvaxmatch.bulk.sources.encoding import best_encoding
from vnvaxmatch.bulk.sources.headings import HEADING_ROWS, find_headings
from vnvaxmatch.bulk.sources.patient import MOST_LINES, patient_rows
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, batch_of, text_batch
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["Layout", "open_delimited"]

_DELIMITERS = (",", ";", "\t", "|")
_POSSIBLE = frozenset("\t !#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\x1c\x1d\x1e\x1f")
_HEAD = 1 << 18
_CHUNK = 1 << 24


@attrs.frozen
class Layout:
    """How a delimited file is laid out. ``lines`` is how many lines stand above the data."""

    encoding: str
    delimiter: str
    columns: Columns
    lines: int
    quoted: bool


def open_delimited(path: Path, options: Options) -> Source:
    """Open a delimited text file; encoding, delimiter and row of headings are found out."""
    layout, lines = _layout(path, options)
    if lines <= layout.lines and not options.may_be_empty:
        raise InputError(f"{path} has headings but no rows")
    return Source(
        path,
        "csv",
        layout.columns,
        _batches(path, layout),
        rows=max(lines - layout.lines, 0),
        details={"encoding": layout.encoding, "delimiter": layout.delimiter},
    )


def _layout(path: Path, options: Options) -> tuple[Layout, int]:
    _refuse_useless(options)
    head, lines, quoted = _skim(path)
    failure: ColumnError | None = None
    found: dict[str, tuple[str, Columns, int]] = {}
    for encoding in [options.encoding] if options.encoding else best_encoding(head):
        try:
            found[encoding] = _headings(head, encoding, options)
            break
        except ColumnError as error:
            failure = failure or error
    if not found:
        raise ColumnError(f"{path}: {failure}")
    ((encoding, (delimiter, columns, above)),) = found.items()
    return Layout(encoding, delimiter, columns, above, quoted), lines


def _refuse_useless(options: Options) -> None:
    """Refuse what a caller may say but no reader could follow."""
    delimiter, encoding = options.delimiter, options.encoding
    if delimiter is not None and (len(delimiter) != 1 or delimiter not in _POSSIBLE):
        raise InputError("--delimiter: name one ASCII sign that is no letter, digit or quote")
    if encoding is not None:
        try:
            text = "Số,1\n".encode(encoding, "replace").decode(encoding, "replace")
        except (LookupError, UnicodeError) as error:
            raise InputError(f"--encoding {encoding}: no such encoding of text") from error
        if not text.endswith(",1\n"):
            raise InputError(f"--encoding {encoding}: not an encoding that lists are written in")


def _skim(path: Path) -> tuple[bytes, int, bool]:
    """Give the first bytes, an estimate of the number of lines, and whether there are quotes.

    The number is exact for a file of one chunk, and else as many as the first chunk makes likely.
    """
    with path.open("rb") as file:
        first = file.read(_CHUNK)
        quoted = b'"' in first
        while chunk := b"" if quoted else file.read(_CHUNK):
            quoted = b'"' in chunk
        size = file.seek(0, os.SEEK_END)
        rest = size - len(first)
    lines = max(first.count(b"\n"), first.count(b"\r"))
    if rest:
        return first[:_HEAD], max(lines, 1) * size // len(first), quoted
    ended = first[-4:].rstrip(b"\0").endswith((b"\n", b"\r"))
    return first[:_HEAD], lines + (not ended), quoted


def _headings(head: bytes, encoding: str, options: Options) -> tuple[str, Columns, int]:
    """Find delimiter, columns and the number of lines above the data, by the headings known."""
    text = head.decode(encoding, "replace")
    delimiters = [options.delimiter] if options.delimiter else _DELIMITERS
    best: tuple[int, int, str, list[str], int] | None = None
    for delimiter in delimiters:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows: list[list[str]] = []
        ends: list[int] = []
        try:
            for row in reader:
                rows.append(row)
                ends.append(reader.line_num)
                if len(rows) == HEADING_ROWS:
                    break
        except csv.Error:
            pass  # a cell larger than csv's limit below the headings: the rows so far will do
        headings, position = find_headings(rows, options)
        fits = sum(any(heading_forms(heading)) for heading in headings)
        known = _known(headings, options)
        if best is None or (known, fits) > best[:2]:
            above = ends[position] if ends and position >= 0 else 0
            best = (known, fits, delimiter, headings, above)
    assert best is not None
    _, _, delimiter, headings, above = best
    columns = choose(headings, options.known, given=options.given, mandatory=options.mandatory)
    return delimiter, columns, above


def _known(headings: list[str], options: Options) -> int:
    folded = frozenset[str]().union(*map(heading_forms, headings))
    guessed = sum(not folded.isdisjoint(spellings) for spellings in options.known.values())
    return guessed + sum(fold_heading(h) in folded for h in options.given.values())


class _GaveUpError(Exception):
    """The fast reader met what it cannot take."""


def _batches(path: Path, layout: Layout) -> Iterator[pa.RecordBatch]:
    delivered = 0
    try:
        for batch in _fast(path, layout):
            yield batch
            delivered += batch.num_rows
    except _GaveUpError:
        yield from _patient(path, layout, skip=delivered)


def _fast(path: Path, layout: Layout) -> Iterator[pa.RecordBatch]:
    names = [str(i) for i in range(len(layout.columns.headings))]
    wanted = {name: str(i) for name, i in layout.columns.found.items()}
    reader_options = {
        "read_options": pacsv.ReadOptions(
            column_names=names,
            skip_rows=layout.lines,
            # Arrow drops the mark of UTF-8 by itself, and any other codec costs it a detour
            encoding="utf8" if layout.encoding == "utf-8-sig" else layout.encoding,
            block_size=1 << 20,
        ),
        "parse_options": pacsv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char='"' if layout.quoted else False,
            newlines_in_values=layout.quoted,
        ),
        "convert_options": pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            # with quotes about, every column is read, so that a stray quote shows itself
            include_columns=None if layout.quoted else list(dict.fromkeys(wanted.values())),
            strings_can_be_null=False,
        ),
    }
    try:
        with pacsv.open_csv(path, **reader_options) as reader:
            held: list[pa.RecordBatch] = []
            count = 0
            for batch in reader:
                if layout.quoted:
                    _look_for_stray_quotes(batch, layout)
                held.append(batch.select(list(dict.fromkeys(wanted.values()))))
                count += batch.num_rows
                if count >= BATCH_ROWS:
                    yield from _regroup(held, wanted)
                    held, count = [], 0
            if held:
                yield from _regroup(held, wanted)
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _GaveUpError from error


def _regroup(held: list[pa.RecordBatch], wanted: dict[str, str]) -> Iterator[pa.RecordBatch]:
    table = pa.Table.from_batches(held).combine_chunks()
    for batch in table.to_batches():
        if batch.num_rows:
            yield text_batch({name: batch.column(key) for name, key in wanted.items()})


def _look_for_stray_quotes(batch: pa.RecordBatch, layout: Layout) -> None:
    """Give up where a cell of several lines may have swallowed rows: the patient reader judges."""
    fewest = len(layout.columns.headings) - 1
    for column in batch.columns:
        text = column.buffers()[2]
        letters = b"" if text is None else text.to_pybytes()
        if b"\n" not in letters and b"\r" not in letters:
            continue
        broken = column.filter(pc.match_substring_regex(column, r"[\r\n]"))
        for cell in broken.to_pylist():
            ends = cell.count("\n") + cell.count("\r")
            if cell.count(layout.delimiter) >= fewest or ends > MOST_LINES // 8:
                raise _GaveUpError


def _patient(path: Path, layout: Layout, *, skip: int) -> Iterator[pa.RecordBatch]:
    places = list(layout.columns.found.items())
    cells: dict[str, list[str]] = {name: [] for name, _ in places}
    marks: list[bool] = []
    width = len(layout.columns.headings)
    for number, row in enumerate(
        patient_rows(
            path,
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            width=width,
            above=layout.lines,
        )
    ):
        if number < skip:
            continue
        unreadable = len(row) > width and any(cell.strip() for cell in row[width:])
        for name, position in places:
            cells[name].append(row[position] if position < len(row) and not unreadable else "")
        marks.append(unreadable)
        if len(marks) == BATCH_ROWS:
            yield batch_of(cells, marks)
            marks = []
            for column in cells.values():
                column.clear()
    if marks:
        yield batch_of(cells, marks)
