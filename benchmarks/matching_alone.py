"""What finding, weighing and deciding cost by themselves: ``matching_alone.py LIST REGISTRY``.

One process; the list is read and normalized before the clock starts, and nothing is written: the
part of a run that other tools call «train and predict». Prints seconds.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

from vnvaxmatch.backends import Fuzzy, open_registry
from vnvaxmatch.bulk.claims import ClaimReader
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.engine import engine_for
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
    start = time.perf_counter()
    with open_registry(registry_file) as registry:
        weigher = Fuzzy.against(registry).weigher
        picker = FuzzyPicker(engine_for(registry), reader, weigher, policy=strict)
        for batch in claims:
            picker.pick(batch)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(f"{main(Path(sys.argv[1]), Path(sys.argv[2])):.3f}")
