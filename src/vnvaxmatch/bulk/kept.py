"""What was decided about a list so far, kept on disk, so that a run that was killed can go on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from vnvaxmatch.bulk.decide import Decided
from vnvaxmatch.bulk.packing import pack, unpack
from vnvaxmatch.bulk.provenance import about_library
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.sources.folder import files_of
from vnvaxmatch.bulk.sources.source import BATCH_ROWS
from vnvaxmatch.bulk.spill import Spill
from vnvaxmatch.bulk.workers import Workers
from vnvaxmatch.bulk.worklists import SPOOLED
from vnvaxmatch.errors import InputError
from vnvaxmatch.normalize.tables import tables_digest

__all__ = ["Keeping", "begun_on", "identity_of", "kept_in"]

_KIND: Final = "decided"
_TEXTS: Final = tuple("commune" if name == "commune_text" else name for name in SPOOLED)


class Keeping:
    """Workers who keep what they decide, and do not decide again what is kept.

    ``texts`` says whether the texts for worklists are kept beside it.
    """

    def __init__(self, workers: Workers, spill: Spill, *, texts: bool) -> None:
        self._workers = workers
        self._spill = spill
        self._texts = _TEXTS if texts else ()
        self._there: set[int] = set()

    def judge(self, batches: Iterable[pa.RecordBatch], rules: ReadingRules) -> Iterator[Decided]:
        """Judge batches; what is given outlives the process."""
        judged = self._workers.judge(batches, rules, known=self._known)
        for number, decided in enumerate(judged):
            if number not in self._there:
                self._spill.put(_KIND, number, pack(decided, texts=self._texts))
            yield decided

    def _known(self, number: int, batch: pa.RecordBatch) -> Decided | None:
        """Give what was decided about a batch before, or None."""
        table = self._spill.get(_KIND, number)
        if table is None or table.num_rows != batch.num_rows:
            return None
        self._there.add(number)
        return unpack(table, None if self._texts else batch)


@contextlib.contextmanager
def kept_in(
    folder: Path | None,
    workers: Workers,
    *,
    identity: Mapping[str, str],
    resume: bool,
    texts: bool,
) -> Iterator[Workers | Keeping]:
    """Let workers keep what they decide in a folder, which is gone if the block ends well.

    Without a folder nothing is kept.
    """
    if folder is None:
        yield workers
        return
    with Spill.opened(folder, identity=identity, resume=resume) as spill:
        yield Keeping(workers, spill, texts=texts)
        spill.destroy()


def identity_of(
    doses: Path, about: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, str]:
    """Tell a run by what it reads, how, and by which version, for :class:`Spill`.

    ``about`` is what the manifest says of matcher, policy and registry.
    """
    stats = []
    with contextlib.suppress(OSError, InputError):  # whoever opens it says what is wrong
        files = files_of(doses) if doses.is_dir() else [doses]
        stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    parts = {
        **about,
        "input": stats,
        "options": options,
        "library": {**about_library(), "tables": tables_digest(), "rows": BATCH_ROWS},
    }
    return {name: json.dumps(part, sort_keys=True, default=str) for name, part in parts.items()}


def begun_on(folder: Path) -> date | None:
    """Give the day that ages count from in the run that is kept in a folder; None if it has none.

    Whoever resumes goes on with it: ages must not change overnight.
    """
    try:
        said = json.loads((folder / "run.json").read_bytes())["identity"]["options"]
        return date.fromisoformat(json.loads(said)["reference"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # whoever opens it says what is wrong
