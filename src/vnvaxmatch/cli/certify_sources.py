"""What is stated of each record: of the rows of results, or of the confirmed cases of a ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

import attrs
import pyarrow as pa
import pyarrow.parquet as pq

from vnvaxmatch.bulk import InputOptions
from vnvaxmatch.bulk.claims import ClaimReader, column_of
from vnvaxmatch.bulk.lift import Memo, distinct
from vnvaxmatch.bulk.numbers import SEXES
from vnvaxmatch.bulk.provenance import about_library, digest
from vnvaxmatch.bulk.runs import open_doses
from vnvaxmatch.casework import Actor, CaseState, Casework, State
from vnvaxmatch.casework.results import Results
from vnvaxmatch.certify.findings import case_finding, row_finding
from vnvaxmatch.certify.salted import (
    DOSE_VALUES,
    claim_text,
    dose_json,
    dose_text,
    identity_json,
    unread,
)
from vnvaxmatch.certify.statements import Context, Kind
from vnvaxmatch.certify.writing import NewStatement
from vnvaxmatch.errors import CertifyError, InputError
from vnvaxmatch.ledger import JSON, Seal
from vnvaxmatch.normalize import BirthDate, Encoding, IdNumber, Vintage
from vnvaxmatch.normalize.tables import tables_digest
from vnvaxmatch.records import Field

__all__ = [
    "Confirmed",
    "case_context",
    "confirmed_cases",
    "list_of",
    "results_context",
    "row_statements",
]

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_AT_A_TIME: Final = 65_536
_CELLS: Final = ("row", "record_id", "outcome", "official",
                 *(f"{field}_level" for field in Field), "reasons")  # fmt: skip


def results_context(opened: Results, *, office: str, place: str, at: datetime) -> Context:
    """Say what the statements of a results folder have in common."""
    origin = opened.origin()
    about: dict[str, JSON] = {
        **origin.about,
        "compared": str(opened.manifest["finished"]),
        "list": origin.list_id,
        "results": origin.results,
    }
    return Context(Kind.COMPARED, at=at, office=office, place=place, about=about)


def list_of(opened: Results, given: Path | None) -> Path:
    """Find the list that results were made of: its digest says that it is the one."""
    name = Path(opened.list_name).name
    for path in [given] if given else [opened.folder.resolve().parent / name, Path(name)]:
        try:
            if path.exists() and digest(path) == opened.list_digest:
                return path
        except InputError:
            continue  # a folder that is no list
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
    if given is not None:
        raise InputError(f"{given} is not the list that the results were made of; name that list")
    raise InputError(
        f"the list {name} is neither beside {opened.folder} nor here, or it was changed since; "
        "name it with --doses"
    )


def row_statements(opened: Results, doses: Path) -> Iterator[NewStatement]:
    """State of every row what its comparison came to, in the order of the list.

    Raises :class:`InputError` where the list has not as many rows as its results.
    """
    reader, batches = _reading(opened, doses)
    rows = _result_rows(opened.folder / "results.parquet")
    for batch in batches:
        for start in range(0, batch.num_rows, _AT_A_TIME):
            part = batch.slice(start, _AT_A_TIME)
            for claim, dose in zip(_claims(reader, part), _doses(part), strict=True):
                cells = next(rows, None)
                if cells is None:
                    raise _other_list(opened)
                row, record, outcome, official, *levels, reasons = cells
                yield NewStatement(
                    claim, dose, row_finding(outcome, official, tuple(levels), reasons),
                    f"row/{row}", (record or "").strip(),
                )  # fmt: skip
    if next(rows, None) is not None:
        raise _other_list(opened)


def _other_list(opened: Results) -> InputError:
    return InputError(
        f"the list has not the {opened.rows} rows of its results in {opened.folder}; verify the "
        "list again"
    )


def _reading(opened: Results, doses: Path) -> tuple[ClaimReader, Iterable[pa.RecordBatch]]:
    """Open the list as it was read when it was compared."""
    manifest = opened.manifest
    about = manifest["input"]
    try:
        encoding = manifest.get("name_encoding") or Encoding.UNICODE.value
        day, vintage = manifest.get("reference"), manifest.get("commune_codes")
        options = InputOptions(
            columns=about.get("columns", {}),
            delimiter=about.get("delimiter"),
            encoding=about.get("encoding"),
            sheet=about.get("sheet"),
            reference=None if day is None else datetime.fromisoformat(day).date(),
            vintage=None if vintage is None else Vintage(vintage),
        )
        vote = None if Encoding(encoding) is Encoding.UNICODE else Encoding(encoding)
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{opened.folder / 'manifest.json'} is damaged; verify the list again"
        ) from error
    source = open_doses(doses, options)
    reader = ClaimReader(reference=options.reference, encoding=vote, vintage=options.vintage)
    return reader, source.batches


def _claims(reader: ClaimReader, batch: pa.RecordBatch) -> Iterator[str]:
    """Write the four fields of every row, as :func:`claim_text` would of each."""
    read = reader.read(batch)
    keys = read.name_key.to_pylist()
    births = [_birth(code) for code in read.birth.tolist()]
    sexes = [_sex(code) for code in read.sex.tolist()]
    numbers = [_number(code) for code in read.number.tolist()]
    columns = [
        _or_text(keys, column_of(batch, "full_name")),
        _or_text(births, column_of(batch, "date_of_birth")),
        _or_text(sexes, column_of(batch, "sex")),
        _or_text(numbers, column_of(batch, "id_number")),
    ]
    return map(identity_json, *columns)


def _or_text(values: Sequence[str | None], texts: pa.StringArray) -> Sequence[str]:
    """Put the text of a cell where its value could not be read."""
    return [value or unread(texts[row].as_py()) for row, value in enumerate(values)]


@lru_cache(maxsize=1 << 17)
def _birth(code: int) -> str:
    return str(BirthDate.from_code(code)) if code else ""


def _sex(code: int) -> str:
    return str(SEXES[code] or "")


def _number(code: int) -> str:
    if code < 0:
        return ""
    return f"{code:012}" if code < 10**12 else str(IdNumber.from_code(code))


_READ_DOSES: Final = {column: Memo(rule) for column, rule in DOSE_VALUES.items()}


def _doses(batch: pa.RecordBatch) -> Iterator[str]:
    """Write the dose of every row, as :func:`dose_text` would of each."""
    columns = []
    for column, rule in _READ_DOSES.items():
        values, index = distinct(column_of(batch, column))
        read = rule(values)
        columns.append([read[at] for at in index.tolist()])
    return map(dose_json, *columns)


def _result_rows(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        with pq.ParquetFile(path) as file:
            batches = file.iter_batches(_AT_A_TIME, columns=list(_CELLS))
            yield from chain.from_iterable(
                zip(*(batch.column(cell).to_pylist() for cell in _CELLS), strict=True)
                for batch in batches
            )
    except (pa.ArrowException, OSError, KeyError) as error:
        raise InputError(f"{path} is damaged or no results file; verify the list again") from error


@attrs.frozen
class Confirmed:
    """A confirmed case: the number of events that it was read with, and what is stated of it."""

    case: str
    number: int
    statement: NewStatement = attrs.field(repr=False)


def case_context(work: Casework, *, office: str, place: str, at: datetime) -> Context:
    """Say what the statements of a ledger's cases have in common."""
    checkpoint = work.ledger.checkpoint()
    about: dict[str, JSON] = {
        "authority": str(work.authority),
        "ledger": {"root": checkpoint.root.hex(), "size": checkpoint.size},
        "library": dict(about_library()),
        "tables": {"sha256": tables_digest()},
    }
    return Context(Kind.CONFIRMED, at=at, office=office, place=place, about=about)


def confirmed_cases(work: Casework, *, actor: Actor) -> Iterator[Confirmed]:
    """State of an office's cases that are confirmed, and not certified yet, who confirmed them."""
    comparisons: dict[str, dict[str, JSON]] = {}
    for case, _ in work.standings(states=[State.CONFIRMED]):
        state = work.read(case)
        if state.state is not State.CONFIRMED:
            continue  # somebody did something to it meanwhile
        sites = (state.site, state.values.get("site", ""))
        if not work.authority.covers(actor, commune=state.commune, sites=sites):
            continue
        if state.seal is not Seal.OPEN:
            raise CertifyError(
                "the values of a confirmed case cannot be read: give the key file that they were "
                "kept with (--keys); a case that was purged must be revoked first"
            )
        if state.list_id not in comparisons:
            comparisons[state.list_id] = _comparison(work, state)
        yield Confirmed(
            case,
            state.number,
            NewStatement(
                claim_text(state.values),
                dose_text(state.values),
                case_finding(state, comparison=comparisons[state.list_id]),
                f"case/{case}",
                case,
                supersedes=_signed_before(work, case),
            ),
        )


def _signed_before(work: Casework, case: str) -> tuple[str, ...]:
    """Name the statements by which a case was certified before it came in anew."""
    signed = (one.event for one in work.history(case) if one.event.kind == "signed")
    references = (str(event.data.get("reference")) for event in signed)
    return tuple(dict.fromkeys(one for one in references if _DIGEST.fullmatch(one)))


def _comparison(work: Casework, state: CaseState) -> dict[str, JSON]:
    """Tell how the list that a case came with was compared, as it was noted on opening."""
    streams = [head.stream for head in work.ledger.heads(prefix=f"list/{state.list_id}")]
    told: dict[str, JSON] = {}
    for recorded in (one for stream in streams for one in work.ledger.read(stream)):
        data = recorded.event.data
        about = data.get("about")
        if isinstance(about, dict) and data.get("made") == state.made:
            return {**about, "results": data.get("results")}
        if isinstance(about, dict):
            told = {**about, "results": data.get("results")}
    return told
