"""A folder of files of one kind, read as one list in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs
import pyarrow as pa

from vnvaxmatch.bulk.columns import Columns, heading_forms
from vnvaxmatch.bulk.sources.source import BATCH_ROWS, Options, Source
from vnvaxmatch.errors import ColumnError, InputError

__all__ = ["OpenFile", "files_of", "open_folder"]

OpenFile: TypeAlias = Callable[[Path, Options], Source | None]
"""Opens one file; None for one of 0 bytes."""

_LEFT_ALONE = ("_SUCCESS", "_metadata", "_common_metadata", "Thumbs.db", "desktop.ini")
_LEFT_ALONE_STARTS = (".", "~$", "_committed_", "_started_")
"""What Spark and file managers leave beside the files of a list."""

_NO_LISTS = frozenset(
    {".json", ".jsonl", ".md", ".html", ".pdf", ".log", ".duckdb", ".sqlite", ".db", ".zip", ".gz"}
)
_UNFINISHED = frozenset({".tmp", ".part", ".partial", ".crdownload"})


def files_of(folder: Path) -> list[Path]:
    """List the files of a list that is a folder, in the order of the bytes of their names.

    Raises :class:`InputError` for anything among them that is no list.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))
    except OSError as error:
        raise InputError(f"cannot look into {folder}: {error.strerror}") from error
    files = [
        path
        for path in entries
        if path.name not in _LEFT_ALONE and not path.name.startswith(_LEFT_ALONE_STARTS)
    ]
    for path in files:
        if path.is_dir():
            what = f"the folder {path.name}; name one folder with nothing but the files of a list"
        elif path.suffix.lower() in _UNFINISHED:
            what = f"{path.name}, which is still being written; wait for it, or remove it"
        elif path.suffix.lower() in _NO_LISTS:
            what = f"{path.name}, which is no list; name the list inside, or move that file away"
        else:
            continue
        raise InputError(f"{folder} holds {what}")
    if not files:
        raise InputError(f"{folder} is a folder without a list in it; name a list")
    return files


@attrs.frozen
class _File:
    """One of the files; its source is kept where that holds no more than a description."""

    path: Path
    source: Source | None


def open_folder(folder: Path, options: Options, *, open_file: OpenFile) -> Source:
    """Open all files of a folder, one after the other, as one list.

    All must be of one kind and have the same headings in the same order; files without rows are
    passed over. Raises :class:`~vnvaxmatch.errors.ColumnError` or :class:`InputError` with the name
    of the first file that differs.
    """
    lenient = attrs.evolve(options, may_be_empty=True)
    files: list[_File] = []
    first: Source | None = None
    rows = 0
    details: dict[str, dict[str, None]] = {}
    notes: list[str] = []
    for path in files_of(folder):
        source = open_file(path, lenient)
        if source is None:
            continue
        first = first or attrs.evolve(source, batches=iter(()))
        _refuse_other(source, first)
        rows += source.rows or 0
        notes += [f"{path.name}: {note}" for note in source.notes]
        for name, value in source.details.items():
            details.setdefault(name, {})[value] = None
        # of text only the layout is held, which took a look at every byte; others are opened files
        files.append(_File(path, source if source.format == "csv" else None))
    if first is None:
        raise InputError(f"{folder} holds only empty files; export the list again")
    if rows == 0:
        raise InputError(f"{folder} has headings but no rows")
    if len(files) > 1:
        ends = f"{files[0].path.name} … {files[-1].path.name}"
        notes.insert(0, f"read {len(files):,} files as one list: {ends}")
    return Source(
        folder,
        first.format,
        first.columns,
        _packed(_batches(files, lenient, first, open_file)),
        rows=rows,
        details={name: ", ".join(values) for name, values in details.items()},
        notes=tuple(notes),
    )


def _refuse_other(source: Source, first: Source) -> None:
    """Refuse a file that is not like the first; a heading may be somebody's data, so none shows."""
    path, than = source.path, first.path.name
    if source.format != first.format:
        raise InputError(
            f"{path} is {_KINDS[source.format]}, and {than} {_KINDS[first.format]}; "
            "a folder that is a list holds files of one kind"
        )
    place = _difference(source.columns, first.columns)
    if place is not None:
        raise ColumnError(
            f"{path}: column {place} has another heading than in {than}; all files of a list need "
            "the same headings in the same order"
        )


_KINDS = {"csv": "delimited text", "parquet": "Parquet", "spreadsheet": "a spreadsheet"}


def _difference(one: Columns, other: Columns) -> int | None:
    """Give the first column, from 1, that does not have the same heading in both."""
    pairs = zip(one.headings, other.headings, strict=False)
    for place, (heading, there) in enumerate(pairs, 1):
        if heading != there and heading_forms(heading).isdisjoint(heading_forms(there)):
            return place
    if len(one.headings) != len(other.headings):
        return min(len(one.headings), len(other.headings)) + 1
    moved = [at for name, at in one.found.items() if other.found.get(name) != at]
    return min(moved) + 1 if moved else None


def _batches(
    files: Sequence[_File], options: Options, first: Source, open_file: OpenFile
) -> Iterator[pa.RecordBatch]:
    for file in files:
        source = file.source or open_file(file.path, options)
        if source is None:
            raise InputError(f"{file.path} was emptied while it was being read; run again")
        _refuse_other(source, first)
        yield from source.batches


def _packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put short batches together: each costs a look at the whole registry."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        if held and count + batch.num_rows > BATCH_ROWS:
            yield _joined(held)
            held, count = [], 0
        held.append(batch)
        count += batch.num_rows
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    (batch,) = pa.Table.from_batches(batches).combine_chunks().to_batches()
    return batch
