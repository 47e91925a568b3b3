"""Link the rows of a whole list: from a file to a folder that says which rows are one person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from vnvaxmatch.bulk.linking.people import count, link_statements, rows_beside, weigher_for
from vnvaxmatch.bulk.linking.statements import read_rows
from vnvaxmatch.bulk.linking.writing import link_table, summarize, write_links
from vnvaxmatch.bulk.pipes import ahead
from vnvaxmatch.bulk.provenance import (
    about_input,
    about_library,
    about_model,
    digest,
    vote,
    write_json,
)
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.runs import MANIFEST, InputOptions, Progress, Run, open_doses
from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.errors import InputError
from vnvaxmatch.model import Model, default_model
from vnvaxmatch.normalize.tables import tables_digest

__all__ = ["link"]

_OUTPUTS = frozenset({"links.parquet", "links.csv", "summary.json", MANIFEST})


def link(
    doses: str | Path,
    *,
    out: str | Path,
    options: InputOptions | None = None,
    model: Model | None = None,
    progress: Progress | None = None,
) -> Run:
    """Find out which rows of a vaccination list are one person's, without any registry.

    Writes a folder with a row for every row of the list: the person, duplicates, what is doubtful
    in the order of the doses, and who else it may be. All rows are held in memory as columns, some
    60 bytes each. ``model`` is the shipped one by default; how common names and births are, and how
    many rows a person has, is taken from the list itself.
    Raises :class:`~vnvaxmatch.errors.InputError` or :class:`~vnvaxmatch.errors.OutputError`; then
    nothing is written and earlier results stay.
    """
    doses, given = Path(doses), options or InputOptions()
    started = datetime.now(UTC)
    source = open_doses(doses, given)
    with (
        fresh_folder(Path(out), marker=MANIFEST, ours=_OUTPUTS) as folder,
        ThreadPoolExecutor(1) as digester,
    ):
        sha256 = digester.submit(digest, doses)
        batches = ahead(source.batches)
        first = next(batches, None)
        if first is None:
            raise InputError(f"{doses} has headings but no rows")
        rules = ReadingRules(given.reference, vote(first), given.vintage)
        statements, rows = read_rows(
            chain([first], batches), rules, progress=_stage(progress, "read", source.rows)
        )
        beside = rows_beside(statements)
        weigher = weigher_for(model or default_model(), count(statements), beside=beside)
        people = link_statements(statements, rows, weigher, progress=_stage(progress, "pairs"))
        table = link_table(people, rows)
        write_links(folder, table, progress=_stage(progress, "write", len(rows)))
        summary = summarize(people, table)
        manifest = {
            "library": about_library(),
            "command": "link",
            "model": {
                **about_model(weigher),
                "rows_beside": round(beside, 3),
                "people": weigher.frequencies.total,
            },
            "input": about_input(doses, source, sha256.result()),
            "name_encoding": rules.encoding.value if rules.encoding else "unicode",
            "reference": given.reference.isoformat() if given.reference else None,
            "commune_codes": given.vintage.value if given.vintage else None,
            "tables": {"sha256": tables_digest()},
            "rows": len(rows),
            "bytes_a_row": round((statements.nbytes + rows.nbytes) / len(rows), 1),
            "outputs": {name: digest(folder / name) for name in ("links.parquet", "links.csv")},
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(folder / "summary.json", summary)
        write_json(folder / MANIFEST, manifest)
    return Run(Path(out), summary, manifest, source.notes)


def _stage(
    progress: Progress | None, stage: str, total: int | None = None
) -> Callable[[int], None] | None:
    """Tell the progress of one stage."""
    if progress is None:
        return None
    return lambda done: progress(stage, done, total)
