"""What finding, weighing and deciding cost by themselves: ``matching_alone.py LIST REGISTRY``.

The list is read and normalized before the clock starts, and nothing is written: the part of a run
that other tools call «train and predict». Batches are shared between two processes, as in a run.
Prints seconds.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vnvaxmatch.backends import Fuzzy, open_registry
from vnvaxmatch.bulk.claims import ClaimBatch, ClaimReader
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.engine import Numbers, Room, finder_for
from vnvaxmatch.bulk.fuzzy import FuzzyPicker
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.normalize import Vintage
from vnvaxmatch.policy import strict
from vnvaxmatch.synthetic import LAST_DAY


def main(doses: Path, registry_file: Path) -> float:
    """Read everything, then match everything."""
    gc.set_threshold(200_000, 50, 50)  # as the command line does
    reader = ClaimReader(reference=LAST_DAY, vintage=Vintage.UNTIL_2025, folds=True)
    batches = open_source(doses, Options(known=DOSE_COLUMNS)).batches
    claims = [reader.read(batch) for batch in batches]

    def work(share: Sequence[ClaimBatch]) -> None:
        with open_registry(registry_file) as registry:
            weigher = Fuzzy.against(registry).weigher
            picker, finder = (
                FuzzyPicker(reader, weigher, policy=strict),
                finder_for(registry, room=Room(threads=1)),
            )
            for batch in share:
                picking = picker.pick(batch)
                question = next(picking)
                with contextlib.suppress(StopIteration):
                    while True:
                        question = picking.send(
                            finder.join(question.codes)
                            if isinstance(question, Numbers)
                            else finder.search(question)
                        )

    start = time.perf_counter()
    forked = multiprocessing.get_context("fork").Process(target=work, args=(claims[1::2],))
    if len(claims) > 1:
        forked.start()
    work(claims[::2])
    if len(claims) > 1:
        forked.join()
    return time.perf_counter() - start


if __name__ == "__main__":
    print(f"{main(Path(sys.argv[1]), Path(sys.argv[2])):.3f}")
