"""Read what `vnvaxmatch verify` wrote, and the list it was made of, into new cases.

A results folder holds no value of any record. The values come from the list itself, which is known
again by its digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import attrs

from vnvaxmatch.casework.findings import told
from vnvaxmatch.casework.opening import NewCase, Origin
from vnvaxmatch.errors import InputError, MissingExtraError
from vnvaxmatch.folders import manifest_of
from vnvaxmatch.ledger import JSON
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as error:
    raise MissingExtraError("bulk") from error

__all__ = ["Results", "Texts", "open_results"]

Texts: TypeAlias = "Callable[[], Iterable[pa.RecordBatch]]"
"""Opens the list anew: batches of its text columns, every row in its order."""

_AT_A_TIME: Final = 65_536
_LEVELS: Final = tuple(f"{field}_level" for field in Field)
_COLUMNS: Final = ("row", "record_id", "outcome", *_LEVELS, "reasons", "commune")
_OUTCOMES: Final[Mapping[str, Outcome]] = {outcome.value: outcome for outcome in Outcome}
_AGAIN: Final = "verify the list again"


@attrs.frozen
class Results:
    """A results folder that was opened: how many rows, of which list, made when and how."""

    folder: Path
    manifest: Mapping[str, Any]
    rows: int

    @property
    def list_name(self) -> str:
        """The file name of the list."""
        return str(self.manifest["input"]["name"])

    @property
    def list_digest(self) -> str:
        """The SHA-256 digest of the list."""
        return str(self.manifest["input"]["sha256"])

    def origin(self, *, source: str = "") -> Origin:
        """Tell where cases of these results come from; see :class:`Origin` for ``source``."""
        manifest = self.manifest
        kept = ("library", "matcher", "model", "policy", "disclosure", "registry", "name_encoding",
                "reference", "commune_codes", "tables", "rows")  # fmt: skip
        return Origin(
            list_id=self.list_digest,
            results=str(manifest["outputs"]["results.parquet"]),
            made=datetime.fromisoformat(manifest["finished"]),
            source=source,
            about={name: _kept(manifest.get(name)) for name in kept},
        )

    def cases(self, texts: Texts, *, by_record: bool = False) -> Iterator[NewCase]:
        """Give a new case for every row.

        ``by_record`` numbers the rows that have the same record number, in the order of their
        doses. Raises :class:`InputError` where the list has not as many rows as its results.
        """
        repeated = self._repeated(texts) if by_record else {}
        pairs = zip(_result_rows(self._path), _text_rows(texts()), strict=True)
        try:
            for cells, values in pairs:
                row, record, outcome, *levels, reasons, commune = cells
                codes, wrong = told(outcome, tuple(levels), reasons)
                yield NewCase(
                    row=row,
                    values=values,
                    outcome=_OUTCOMES.get(outcome),
                    wrong=wrong,
                    reasons=codes,
                    commune=commune,
                    record=(record or "").strip() if by_record else "",
                    occurrence=repeated.get(row, 1),
                )
        except ValueError as error:
            if "zip()" not in str(error):
                raise
            raise InputError(
                f"the list has not the {self.rows} rows of its results in {self.folder}; {_AGAIN}"
            ) from error

    @property
    def _path(self) -> Path:
        return self.folder / "results.parquet"

    def _repeated(self, texts: Texts) -> dict[int, int]:
        """Number the rows of every record number that occurs more than once."""
        counts: Counter[str] = Counter()
        for cells in _result_rows(self._path):
            counts[(cells[1] or "").strip()] += 1
        counts.pop("", None)
        several = {record for record, count in counts.items() if count > 1}
        if not several:
            return {}
        rows: dict[str, list[tuple[str, int]]] = {}
        for cells, values in zip(_result_rows(self._path), _text_rows(texts()), strict=False):
            record = (cells[1] or "").strip()
            if record in several:
                dose = values.get("dose_number", "").strip()
                rows.setdefault(record, []).append((dose.zfill(9) if dose else "~", cells[0]))
        return {
            row: place
            for doses in rows.values()
            for place, (_, row) in enumerate(sorted(doses), start=1)
        }


def open_results(folder: Path) -> Results:
    """Open a results folder of `vnvaxmatch verify`, and see that it is as it was written.

    Raises :class:`InputError`.
    """
    manifest = manifest_of(folder)
    path, results = folder / "manifest.json", folder / "results.parquet"
    try:
        opened = Results(folder, manifest, int(manifest["rows"]))
        opened.origin()
        expected = manifest["outputs"]["results.parquet"]
        _ = opened.list_name, opened.list_digest
        with results.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is no manifest of a results folder; {_AGAIN}") from error
    except OSError as error:
        raise InputError(f"cannot read {results}: {error.strerror}; {_AGAIN}") from error
    if found != expected:
        raise InputError(f"{results} is not the file that its manifest speaks of; {_AGAIN}")
    return opened


def _kept(value: object) -> JSON:
    """Give what a ledger can keep: it has no fractions, so they stand as text."""
    if isinstance(value, dict):
        return {str(name): _kept(inner) for name, inner in value.items()}
    if isinstance(value, float):
        return repr(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def _result_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_AT_A_TIME, columns=list(_COLUMNS)):
                yield from zip(*(batch.column(c).to_pylist() for c in _COLUMNS), strict=True)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(f"{path} is damaged or no results file; {_AGAIN}") from error


def _text_rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, str]]:
    """Give the texts of every row that are not blank, by column."""
    for whole in batches:
        for start in range(0, whole.num_rows, _AT_A_TIME):
            batch = whole.slice(start, _AT_A_TIME)
            names = [f.name for f in batch.schema if pa.types.is_string(f.type)]
            columns = [batch.column(name).to_pylist() for name in names]
            for cells in zip(*columns, strict=True):
                yield {name: text for name, text in zip(names, cells, strict=True) if text}
