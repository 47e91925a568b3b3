"""Delimited text (CSV and its kin): the fast reader for clean files, the patient one for the rest.

Both give the same rows. The fast one (Arrow's) gives up at the first row it cannot take, and the
patient one goes on from there.
"""

from __future__ import annotations

import csv
import io
import mmap
from collections.abc import Iterator
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from vnvaxmatch.bulk.columns import Columns, choose, fold_heading
from vnvaxmatch.bulk.sources.encoding import best_encoding
from vnvaxmatch.bulk.sources.patient import patient_rows
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source, text_batch
from vnvaxmatch.bulk.sources.spreadsheet import HEADING_ROWS, batch_of, find_headings
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["Layout", "open_delimited"]

_DELIMITERS = (",", ";", "\t", "|")
_HEAD = 1 << 18


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
    if lines <= layout.lines:
        raise InputError(f"{path} has headings but no rows")
    return Source(
        path,
        "csv",
        layout.columns,
        _batches(path, layout),
        rows=lines - layout.lines,
        details={"encoding": layout.encoding, "delimiter": layout.delimiter},
    )


def _layout(path: Path, options: Options) -> tuple[Layout, int]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = data[:_HEAD]
        quoted = data.find(b'"') >= 0
        lines = _count_lines(data)
    if options.encoding is not None:
        try:
            "".encode(options.encoding)
        except LookupError as error:
            raise InputError(f"--encoding {options.encoding}: no such encoding") from error
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


def _count_lines(data: mmap.mmap) -> int:
    """Estimate the number of lines, for progress and for the file of headings only."""
    size = len(data)
    count, step = 0, 1 << 24
    for start in range(0, size, step):
        count += data[start : start + step].count(b"\n")
    last = data[max(0, size - 4) :].rstrip(b"\0")
    return count + (not last.endswith(b"\n"))


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
        fits = len([h for h in headings if fold_heading(h)])
        known = _known(headings, options)
        if best is None or (known, fits) > best[:2]:
            best = (known, fits, delimiter, headings, ends[position] if ends else 0)
    assert best is not None
    _, _, delimiter, headings, above = best
    columns = choose(headings, options.known, given=options.given, mandatory=options.mandatory)
    return delimiter, columns, above


def _known(headings: list[str], options: Options) -> int:
    folded = {fold_heading(heading) for heading in headings}
    guessed = sum(any(s in folded for s in spellings) for spellings in options.known.values())
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
            encoding=layout.encoding,
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
    """Give up where a cell holds a line end and as many delimiters as a row: it swallowed rows."""
    fewest = len(layout.columns.headings) - 1
    for column in batch.columns:
        if b"\n" not in column.buffers()[2].to_pybytes():
            continue
        broken = column.filter(pc.match_substring(column, "\n"))
        if any(cell.count(layout.delimiter) >= fewest for cell in broken.to_pylist()):
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
