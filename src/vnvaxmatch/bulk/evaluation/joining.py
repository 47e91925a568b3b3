"""Results beside the truth: both are read batch by batch, joined and counted in DuckDB.

Only counts, row numbers and codes come out of here; keys are compared and forgotten.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import attrs
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.runs import MANIFEST
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import UNREADABLE, Options
from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.policy import Disclosure
from vnvaxmatch.records import Field

__all__ = ["STEPS_A_BIT", "Joined", "Results", "joined", "open_results"]

STEPS_A_BIT: Final = 64
"""Weights are counted in steps of 1/64 bit: a power of two, so that no weight changes its step."""

_MOST_BITS: Final = 256
"""Weights beyond this are counted as this: the probability is 0 or 1 in any float."""

_DOUBT_UNITS: Final = 10**15
"""Probabilities are added up as whole numbers of 1e-15: sums of floats depend on their order."""

_RESULTS: Final = "results.parquet"
_MOST_MIXES: Final = 100_000
_TRUTH_COLUMNS: Final = {
    "row": ("row", "dong", "so dong"),
    "record_id": tuple(name for name in DOSE_COLUMNS["record_id"] if name != "ma"),
    "entry_key": ("entry key", "entrykey", "ma cong dan", "ma nguoi"),
    "corruptions": ("corruptions", "corruption"),
}
_CODES: Final = r"[A-Za-z][A-Za-z0-9_.-]{0,63}( *; *[A-Za-z][A-Za-z0-9_.-]{0,63})*"
_ROW: Final = r"[0-9]{1,15}(\.0+)?"
_SHOWN: Final = ("row", "record_id", "outcome", *(f"{field}_level" for field in Field), "reasons")


@attrs.frozen
class Results:
    """A results folder that can be evaluated: what its manifest says, and its columns."""

    path: Path
    manifest: dict[str, Any] = attrs.field(repr=False)
    columns: frozenset[str] = attrs.field(repr=False)
    rows: int

    def reader(self, columns: Sequence[str]) -> pa.RecordBatchReader:
        """Read columns from the beginning, batch by batch."""
        file = pq.ParquetFile(self.path / _RESULTS)
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
        batches = (batch.select(columns) for batch in file.iter_batches(columns=columns))
        return pa.RecordBatchReader.from_batches(schema, batches)


def open_results(path: Path) -> Results:
    """Open a results folder; :class:`InputError` in one line for what tells no entries."""
    if not path.is_dir():
        what = "is no folder" if path.exists() else "is not there"
        raise InputError(f"{path} {what}; name the folder that `vnvaxmatch verify --out` wrote")
    for name in (MANIFEST, _RESULTS):
        if not (path / name).is_file():
            raise InputError(
                f"{path} is no results folder: it has no {name}; name the folder that "
                "`vnvaxmatch verify --out` wrote"
            )
    try:
        manifest = json.loads((path / MANIFEST).read_text("utf-8"))
        file = pq.ParquetFile(path / _RESULTS)
    except (ValueError, OSError, RecursionError, pa.ArrowException) as error:
        raise InputError(
            f"{path} is damaged: {MANIFEST} or {_RESULTS} cannot be read; verify again"
        ) from error
    with file:
        columns, rows = frozenset(file.schema_arrow.names), file.metadata.num_rows
    if not isinstance(manifest, dict) or manifest.get("command") != "verify":
        raise InputError(
            f"{path} is not of `vnvaxmatch verify`: a list that was compared with no registry has "
            "nothing to evaluate"
        )
    if manifest.get("disclosure") != Disclosure.VALUES:
        raise InputError(
            f"{path} does not tell which entry a row was taken for; verify again with "
            "--disclosure values"
        )
    missing = [name for name in (*_SHOWN, "entry_key") if name not in columns]
    if missing:
        raise InputError(f"{path} is damaged: {_RESULTS} lacks {missing[0]}; verify again")
    if manifest.get("rows") != rows:
        raise InputError(f"{path} is damaged: {MANIFEST} counts other rows; verify again")
    return Results(path, manifest, columns, rows)


class Joined:
    """Every row of the results beside its truth.

    A state is the position of a count in :class:`~.records.Counts`: 0 told rightly, 1 told another,
    2 told somebody though not in the registry, 3 nobody told, 4 rightly nobody told.
    """

    def __init__(self, results: Results, db: duckdb.DuckDBPyConnection, *, codes: bool) -> None:
        self.has_codes = codes
        self.has_weights = bool(_one(db, "SELECT count(weight) FROM judged")[0])
        self._results, self._db = results, db

    def outcomes(self) -> list[tuple[str, int, int]]:
        """Count rows by outcome and state."""
        return self._rows("SELECT outcome, state, count(*) FROM judged GROUP BY ALL ORDER BY ALL")

    def mixes(self) -> list[tuple[str, int, int]]:
        """Count rows by what was done to them (codes joined by ``;``) and state."""
        found = self._rows(
            "SELECT codes, state, count(*) FROM judged GROUP BY ALL ORDER BY ALL "
            f"LIMIT {_MOST_MIXES + 1}"
        )
        if len(found) > _MOST_MIXES:
            raise InputError("the truth has too many different corruptions to count them apart")
        return found

    def candidates(self) -> tuple[int, int, int]:
        """Count the rows that name candidates instead of an entry.

        Gives all of them, those whose person is in the registry, those that name that person.
        """
        (found,) = self._rows(
            "SELECT count(*), count(*) FILTER (state = 3), count(*) FILTER (holds) "
            "FROM judged WHERE named"
        )
        return found[0], found[1], found[2]

    def weights(self) -> list[tuple[int | None, int, int, float]]:
        """Count told rows by step of weight and state, with the expected number of wrong ones.

        The step is None where a told row has no weight. The highest come first.
        """
        found = self._rows(
            f"""
            SELECT floor(weight * {STEPS_A_BIT})::BIGINT AS step, state, count(*),
                sum(round({_DOUBT_UNITS} / (1 + pow(2, weight)))::BIGINT)
            FROM judged WHERE state < 3 GROUP BY ALL ORDER BY step DESC NULLS LAST, state
            """
        )
        return [(step, state, n, int(doubt or 0) / _DOUBT_UNITS) for step, state, n, doubt in found]

    def wrong(self, count: int) -> list[dict[str, Any]]:
        """Give the wrongly told rows of the highest weight."""
        return self._cases("state IN (1, 2) ORDER BY weight DESC NULLS LAST, row", count)

    def barely_right(self, count: int) -> list[dict[str, Any]]:
        """Give the rightly told rows of the lowest weight."""
        return self._cases("state = 0 AND weight IS NOT NULL ORDER BY weight, row", count)

    def missed(self, count: int) -> list[dict[str, Any]]:
        """Give the first rows whose person is in the registry, and of which nobody was told."""
        return self._cases("state = 3 ORDER BY row", count)

    def _cases(self, where: str, count: int) -> list[dict[str, Any]]:
        found = self._rows(
            f"SELECT row, weight, codes, state FROM judged WHERE {where} LIMIT ?", count
        )
        if not found:
            return []
        wanted = ", ".join(str(int(row)) for row, *_ in found)
        names = _SHOWN + (("margin",) if "margin" in self._results.columns else ())
        self._db.register("incoming", self._results.reader(names))
        shown = self._rows(f"SELECT {', '.join(names)} FROM incoming WHERE row IN ({wanted})")
        self._db.unregister("incoming")
        held = {row[0]: dict(zip(names, row, strict=True)) for row in shown}
        return [
            {**held[row], "weight": weight, "corruptions": codes or "", "state": state}
            for row, weight, codes, state in found
        ]

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._db.execute(query, list(values)).fetchall()
        return found


@contextmanager
def joined(results: Results, truth: Path, **reading: Any) -> Iterator[Joined]:
    """Join results with a file of the truth about them, read as the caller says (:class:`Options`).

    Raises :class:`InputError` where a row has no truth or two, and where the truth speaks of rows
    that are not there.
    """
    failed: list[BaseException] = []
    with ExitStack() as stack:
        spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="vnvaxmatch-"))
        try:
            db = stack.enter_context(duckdb.connect(config={"temp_directory": spill}))
            db.execute("SET memory_limit = '2GB'; SET preserve_insertion_order = false")
            by, codes = _load_truth(db, truth, reading, failed)
            _refuse_unusable(db, truth, by)
            _judge(db, results, by)
            _refuse_unlike(db, results, truth, by)
            yield Joined(results, db, codes=codes)
        except duckdb.Error as error:
            if failed:
                raise failed[0] from None
            if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
                raise OutputError(
                    "cannot evaluate: the temporary folder is full or fails; make room, or name "
                    "another with TMPDIR"
                ) from error
            raise InputError(
                f"cannot evaluate {results.path}: {_RESULTS} is damaged; verify again"
            ) from error


def _load_truth(
    db: duckdb.DuckDBPyConnection,
    truth: Path,
    reading: Mapping[str, Any],
    failed: list[BaseException],
) -> tuple[str, bool]:
    """Load the truth; tell by which column it is joined, and whether it says what was done."""
    options = Options(known=_TRUTH_COLUMNS, mandatory=("entry_key",), **reading)
    source = open_source(truth, options)
    found = source.columns.found
    by = next((name for name in ("row", "record_id") if name in found), None)
    if by is None:
        raise InputError(
            f"{truth}: no column says which row is meant; name it with --columns row=HEADING or "
            "--columns record_id=HEADING"
        )

    def batches() -> Iterator[pa.RecordBatch]:
        line = 1
        try:
            for batch in source.batches:
                lines = pa.array(range(line, line + batch.num_rows), pa.int64())
                yield batch.select([*found, UNREADABLE]).append_column("line", lines)
                line += batch.num_rows
        except BaseException as error:  # DuckDB would turn it into a text of its own
            failed.append(error)
            raise

    schema = pa.schema(
        [*((name, pa.string()) for name in found), (UNREADABLE, pa.bool_()), ("line", pa.int64())]
    )
    db.register("incoming", pa.RecordBatchReader.from_batches(schema, batches()))
    identity = (
        f"CASE WHEN regexp_full_match(trim(row), '{_ROW}') "
        "THEN split_part(trim(row), '.', 1)::BIGINT END"
        if by == "row"
        else "nullif(trim(record_id), '')"
    )
    codes = "trim(corruptions)" if "corruptions" in found else "NULL::VARCHAR"
    db.execute(
        f"""
        CREATE TABLE truth AS SELECT line, {identity} AS id, nullif(trim(entry_key), '') AS key,
            {codes} AS codes, {UNREADABLE} AS broken FROM incoming
        """
    )
    db.unregister("incoming")
    return by, "corruptions" in found


def _refuse_unusable(db: duckdb.DuckDBPyConnection, truth: Path, by: str) -> None:
    """Refuse a truth that cannot be read, or that says two things of one row."""
    for broken, what in (
        ("broken", "has cells that cannot be told apart; save the file again"),
        ("id IS NULL", f"has no {by}" + (" number" if by == "row" else "") + "; fill it in"),
        (
            f"codes <> '' AND NOT regexp_full_match(codes, '{_CODES}')",
            "holds something under corruptions that is no code; write codes joined by ;",
        ),
    ):
        line, more = _first(db, f"FROM truth WHERE {broken}", "line")
        if line:
            raise InputError(f"{truth}: row {line} of the truth {what}{more}")
    twice = _one(
        db,
        "SELECT min(line), max(line) FROM truth GROUP BY id HAVING count(*) > 1 ORDER BY 1 LIMIT 1",
    )
    if twice:
        raise InputError(
            f"{truth}: rows {twice[0]} and {twice[1]} of the truth speak of one {by}; keep one"
        )


def _judge(db: duckdb.DuckDBPyConnection, results: Results, by: str) -> None:
    """Put every row of the results beside its truth, and say in which state it is."""
    wanted = ["row", "outcome", "entry_key"]
    wanted += [n for n in ("weight", "candidates") if n in results.columns]
    wanted += [by] if by not in wanted else []
    weight = "weight" if "weight" in wanted else "NULL::DOUBLE"
    named = "candidates" if "candidates" in wanted else "NULL::VARCHAR"
    identity = "r.row" if by == "row" else "nullif(trim(r.record_id), '')"
    db.register("incoming", results.reader(wanted))
    db.execute(
        f"""
        CREATE TABLE judged AS
        WITH told AS (
            SELECT r.row, r.outcome, {identity} AS id, nullif(trim(r.entry_key), '') AS entry,
                CASE WHEN NOT isnan({weight})
                    THEN least(greatest({weight}, -{_MOST_BITS}), {_MOST_BITS}) END AS weight,
                nullif({named}, '') AS candidates
            FROM incoming r
        )
        SELECT t.row, t.outcome, t.id, t.weight, u.line, u.codes,
            CASE WHEN t.entry IS NULL THEN if(u.key IS NULL, 4, 3)
                WHEN u.key IS NULL THEN 2
                ELSE if(t.entry = u.key, 0, 1) END::TINYINT AS state,
            t.entry IS NULL AND t.candidates IS NOT NULL AS named,
            named AND u.key IS NOT NULL
                AND contains(concat(';', t.candidates, ';'), concat(';', u.key, ';')) AS holds
        FROM told t LEFT JOIN truth u ON u.id = t.id
        """
    )
    db.unregister("incoming")


def _refuse_unlike(db: duckdb.DuckDBPyConnection, results: Results, truth: Path, by: str) -> None:
    """Refuse a truth that is not about exactly the rows of the results."""
    hint = "is it the truth of this list?"
    if by == "record_id":
        row, more = _first(db, "FROM judged WHERE id IS NULL", "row")
        if row:
            raise InputError(
                f"{results.path}: row {row} has no record_id{more}; give the truth by row"
            )
        twice = _one(
            db,
            "SELECT min(row), max(row) FROM judged GROUP BY id HAVING count(*) > 1 "
            "ORDER BY 1 LIMIT 1",
        )
        if twice:
            raise InputError(
                f"{results.path}: rows {twice[0]} and {twice[1]} have one record_id; give the "
                "truth by row"
            )
    row, more = _first(db, "FROM judged WHERE line IS NULL", "row")
    if row:
        raise InputError(f"{truth} says nothing about row {row} of the results{more}; {hint}")
    line, more = _first(
        db, "FROM truth u WHERE NOT EXISTS (FROM judged j WHERE j.id = u.id)", "line"
    )
    if line:
        raise InputError(
            f"{truth}: row {line} of the truth speaks of a {by} that the results do not have"
            f"{more}; {hint}"
        )


def _first(db: duckdb.DuckDBPyConnection, which: str, number: str) -> tuple[int | None, str]:
    """Give the lowest number of such rows, and words for how many more there are."""
    lowest, count = _one(db, f"SELECT min({number}), count(*) {which}")
    return lowest, f" (and {count - 1} more)" if count > 1 else ""


def _one(db: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Read the first row; all are fetched, because an open result blocks what comes next."""
    rows: list[tuple[Any, ...]] = db.execute(query).fetchall()
    return rows[0] if rows else ()
