"""Verify or check a whole list: from a file to a results folder, batch by batch.

Nothing is lost: there is one results row for every row of the list, in its order. The folder
appears whole at the end, or not at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import attrs
import pyarrow as pa

from vnvaxmatch.backends import Exact, Fuzzy, Matcher, Registry, open_registry
from vnvaxmatch.bulk.checking import CHECK_SCHEMA, CheckJudge
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.engine import Room
from vnvaxmatch.bulk.judges import Judge, judge_for
from vnvaxmatch.bulk.kept import identity_of, kept_in
from vnvaxmatch.bulk.memory import shares
from vnvaxmatch.bulk.pipes import Behind, ahead
from vnvaxmatch.bulk.provenance import (
    about_input,
    about_library,
    about_model,
    digest,
    list_bytes,
    vote,
    write_json,
)
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.results import RESULT_SCHEMA, WEIGHED_SCHEMA
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options, Source
from vnvaxmatch.bulk.tally import Tally
from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.bulk.workers import Workers
from vnvaxmatch.bulk.worklists import write_worklists
from vnvaxmatch.bulk.writing import ResultsWriter
from vnvaxmatch.errors import InputError
from vnvaxmatch.messages import Lang
from vnvaxmatch.normalize import Vintage
from vnvaxmatch.normalize.tables import tables_digest
from vnvaxmatch.policy import Disclosure, Policy, strict

__all__ = [
    "MANIFEST",
    "OUTPUTS",
    "InputOptions",
    "Judging",
    "Progress",
    "Run",
    "check",
    "open_doses",
    "reading_rules",
    "run_list",
    "verify",
]

MANIFEST = "manifest.json"
OUTPUTS = frozenset({"results.parquet", "results.csv", "worklists", "summary.json", MANIFEST})
"""All that a results folder holds; one that holds more is not replaced."""

_ROWS_ONE_BY_ONE = 5_000
"""A matcher that works row by row reports its progress this often."""

_SHORT = 32 << 20
"""Bytes of a list (of some 100,000 rows) that one process works through in a few seconds."""

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Told the stage (``verify``, ``worklists``), the rows done, and the rows expected if known."""


class Judging(Protocol):
    """Turns the batches of a list into results rows, in their order."""

    def judge(self, batches: Iterable[pa.RecordBatch], rules: ReadingRules) -> Iterator[Decided]:
        """Judge batches; rows are numbered from 1."""
        ...


@attrs.frozen
class InputOptions:
    """What a caller may say about a list instead of leaving it to be found out.

    ``columns`` maps column names to headings or 1-based numbers. ``reference`` is the day that ages
    and two-digit years count from where a row has no dose date. ``vintage`` says of which time bare
    commune codes are: a vaccination list of 2021 has the codes of that time.
    """

    columns: Mapping[str, str] = attrs.Factory(dict)
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    reference: date | None = None
    vintage: Vintage | None = Vintage.UNTIL_2025


@attrs.frozen
class Run:
    """What a run came to: where its results are, the summary, the manifest, notes for a person."""

    out: Path
    summary: dict[str, Any]
    manifest: dict[str, Any]
    notes: tuple[str, ...] = ()


def verify(
    doses: str | Path,
    *,
    registry: str | Path | Registry,
    out: str | Path,
    by: Matcher | None = None,
    policy: Policy = strict,
    disclosure: Disclosure = Disclosure.FINDINGS,
    options: InputOptions | None = None,
    worklists: bool = True,
    lang: Lang = "vi",
    workers: int = 1,
    threads: int | None = None,
    memory: int | None = None,
    spill: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Verify a vaccination list against a registry and write a results folder.

    ``registry`` is a registry file or an opened registry, ``by`` the matcher (exact by default).
    More ``workers`` than one are processes forked from this one (Linux only, only for a registry
    file, and not for a list that one reads in a few seconds): ask for them where no other threads
    are running. Where only one works, it joins with so many ``threads``, all of the machine's by
    default. ``memory`` is how many bytes all of them may take (half of the machine's by
    default); with little of it fewer work. ``spill`` names a folder for what does not fit, in which
    every batch that is decided is kept until the end: a run that was killed goes on with
    ``resume``.
    Raises :class:`~vnvaxmatch.errors.InputError`, :class:`~vnvaxmatch.errors.RegistryError` or
    :class:`~vnvaxmatch.errors.OutputError`; then nothing is written and earlier results stay.
    """
    matcher = by if by is not None else Exact()
    if isinstance(matcher, Fuzzy):
        # once, and before there are workers: each would count the registry for itself
        matcher = _fitted(matcher, registry)
    by_columns = isinstance(matcher, (Exact, Fuzzy))
    count = workers if isinstance(registry, (str, Path)) else 1
    if by_columns and _is_short(Path(doses)):
        count = 1
    if resume and spill is None:
        raise InputError("to resume, say with spill which folder the run was kept in")
    share = shares(memory, workers=count)
    count = share.workers
    spill = None if spill is None else Path(spill)
    scratch = None if spill is None else spill / "scratch"

    def make(rules: ReadingRules) -> Judge:
        return judge_for(
            matcher,
            open_registry(registry) if isinstance(registry, (str, Path)) else registry,
            policy=policy,
            disclosure=disclosure,
            reading=rules,
            room=Room(1 if count > 1 else threads, share.store, scratch),
            worklists=worklists,
        )

    options = options or InputOptions()
    about = {
        "command": "verify",
        "matcher": matcher.name,
        "model": about_model(matcher.weigher) if isinstance(matcher, Fuzzy) else None,
        "policy": str(policy),
        "disclosure": disclosure.value,
        "registry": _about_registry(registry),
    }
    identity = identity_of(
        Path(doses), about, {**attrs.asdict(options), "worklists": worklists, "rows": share.rows}
    )
    with (
        Workers(make, count=count) as crew,
        kept_in(spill, crew, identity=identity, resume=resume, texts=worklists) as judges,
    ):
        return run_list(
            Path(doses),
            Path(out),
            judges=judges,
            step=share.rows if by_columns else _ROWS_ONE_BY_ONE,
            schema=WEIGHED_SCHEMA if getattr(matcher, "weighs", False) else RESULT_SCHEMA,
            about=about,
            options=options,
            worklists=worklists,
            lang=lang,
            progress=progress,
        )


def check(
    doses: str | Path,
    *,
    out: str | Path,
    options: InputOptions | None = None,
    worklists: bool = True,
    lang: Lang = "vi",
    workers: int = 1,
    progress: Progress | None = None,
) -> Run:
    """Normalize a list and sort it into the three classes of dispatch 2262, without a registry."""
    with Workers(CheckJudge, count=workers) as judges:
        return run_list(
            Path(doses),
            Path(out),
            judges=judges,
            step=None,
            schema=CHECK_SCHEMA,
            about={"command": "check"},
            options=options or InputOptions(),
            worklists=worklists,
            lang=lang,
            progress=progress,
        )


def run_list(
    doses: Path,
    out: Path,
    *,
    judges: Judging,
    step: int | None,
    schema: pa.Schema,
    about: dict[str, Any],
    options: InputOptions,
    worklists: bool,
    lang: Lang,
    progress: Progress | None,
    sha256: str | None = None,
) -> Run:
    """Judge a list batch by batch, and write what a results folder holds.

    ``about`` is what the manifest says beside what is found out here. A list with another digest
    than ``sha256``, where that is given, was changed meanwhile: then nothing is written.
    """
    started = datetime.now(UTC)
    source = open_doses(doses, options)
    with (
        fresh_folder(out, marker=MANIFEST, ours=OUTPUTS) as folder,
        ThreadPoolExecutor(1) as digester,
    ):
        tally = Tally()
        spool = folder / ".spool.parquet" if worklists else None
        with (
            ResultsWriter(folder, schema, spool=spool) as writer,
            Behind(writer.write_parquet) as parquet,
            Behind(writer.write_csv) as csv,
        ):
            batches = ahead(source.batches)
            first = next(batches, None)
            if first is None:
                raise InputError(f"{doses} has headings but no rows")
            rules = reading_rules(first, options)
            # not before: those who judge wait for the first rows
            read = digester.submit(digest, doses)
            for decided in judges.judge(_sliced(chain([first], batches), step), rules):
                tally.add(decided)
                parquet.put(decided)
                csv.put(decided.table)
                if progress is not None:
                    progress("verify", tally.rows, source.rows)
        if sha256 not in (None, read.result()):
            raise InputError(f"{doses} was changed while it was being read; run again")
        files = 0
        if spool is not None:
            files = _write_worklists(spool, folder, tally, lang, progress)
        summary = {**tally.summary(), "worklists": files}
        manifest = {
            "library": about_library(),
            **about,
            "input": about_input(doses, source, read.result()),
            "name_encoding": rules.encoding.value if rules.encoding else "unicode",
            "reference": options.reference.isoformat() if options.reference else None,
            "commune_codes": options.vintage.value if options.vintage else None,
            "tables": {"sha256": tables_digest()},
            "rows": tally.rows,
            "outputs": {name: digest(folder / name) for name in ("results.parquet", "results.csv")},
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(folder / "summary.json", summary)
        write_json(folder / MANIFEST, manifest)
    return Run(out, summary, manifest, source.notes)


def reading_rules(first: pa.RecordBatch, options: InputOptions) -> ReadingRules:
    """Settle how the texts of a list are to be read, by its first batch."""
    return ReadingRules(options.reference, vote(first), options.vintage)


def open_doses(doses: Path, options: InputOptions) -> Source:
    """Open a vaccination list as a caller says it is to be read."""
    return open_source(
        doses,
        Options(
            known=DOSE_COLUMNS,
            given=options.columns,
            delimiter=options.delimiter,
            encoding=options.encoding,
            sheet=options.sheet,
        ),
    )


def _is_short(doses: Path) -> bool:
    """Tell whether a list is read by one process in a few seconds: more would take more memory."""
    try:
        return list_bytes(doses) < _SHORT
    except (OSError, InputError):
        return False  # whoever opens it says what is wrong


def _sliced(batches: Iterable[pa.RecordBatch], step: int | None) -> Iterator[pa.RecordBatch]:
    """Cut batches into steps, where a batch takes long enough for a person to wonder."""
    for batch in batches:
        size = step or max(batch.num_rows, 1)
        yield from (batch.slice(start, size) for start in range(0, batch.num_rows, size))


def _write_worklists(
    spool: Path, folder: Path, tally: Tally, lang: Lang, progress: Progress | None
) -> int:
    total = sum(tally.classes.values())
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress("worklists", done, total)

    scratch = folder / ".scratch"
    written = write_worklists(
        spool, folder / "worklists", lang=lang, scratch=scratch, progress=advance
    )
    spool.unlink()
    shutil.rmtree(scratch, ignore_errors=True)
    return len(written)


def _about_registry(registry: str | Path | Registry) -> dict[str, Any]:
    """Say which registry it is; a file that is none shows itself here, before any work."""
    if isinstance(registry, (str, Path)):
        with open_registry(registry) as opened:
            return _about_registry(opened)
    meta: Mapping[str, str] = getattr(registry, "meta", {})
    wanted = ("snapshot", "entries", "created", "library", "tables", "format")
    return {
        "backend": type(registry).__name__,
        **{name: meta[name] for name in wanted if name in meta},
    }


def _fitted(matcher: Fuzzy, registry: str | Path | Registry) -> Fuzzy:
    if isinstance(registry, (str, Path)):
        with open_registry(registry) as opened:
            return matcher.fitted(opened)
    return matcher.fitted(registry)
