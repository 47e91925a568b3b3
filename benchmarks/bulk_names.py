"""Names of a list, read in bulk and one at a time: names a second, and the ratio."""

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from vnvaxmatch import normalize
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options

WORK = Path(__file__).parent / "work"


def read(batches: list[pa.StringArray]) -> int:
    """Read columns of names one after the other, by one reader, and tell how many."""
    reader = NameReader(fields=("text", "key", "fold"))
    return sum(len(reader.read(batch).key) for batch in batches)


def main() -> None:
    """Read the name column of the largest synthetic list both ways."""
    path = max(WORK.glob("*/s/doses.csv"), key=lambda p: p.stat().st_size)
    source = open_source(path, Options(known=DOSE_COLUMNS))
    batches = [batch.column("full_name") for batch in source.batches]
    texts = pa.chunked_array(batches).to_pylist()
    halves = [[b.slice(0, len(b) // 2) for b in batches], [b.slice(len(b) // 2) for b in batches]]
    normalize.name("Nguyễn Văn Mẫu")  # tables are read at first use

    def one_at_a_time() -> None:
        for text in texts:
            normalize.name(text)

    def timed(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return len(texts) / (time.perf_counter() - start)

    with multiprocessing.get_context("fork").Pool(2) as pool:
        runs = [
            (
                timed(one_at_a_time),
                timed(lambda: read(batches)),
                timed(lambda: pool.map(read, halves)),
            )
            for _ in range(3)
        ]
    scalar, bulk, both = (sorted(side)[1] for side in zip(*runs, strict=True))
    print(f"{len(texts):,} names, {len(set(texts)):,} distinct\n")
    print("| | names/s | ratio |\n|---|---|---|")
    print(f"| one at a time | {scalar:,.0f} | 1 |")
    print(f"| in bulk, one process | {bulk:,.0f} | {bulk / scalar:.1f} |")
    print(f"| in bulk, two processes | {both:,.0f} | {both / scalar:.1f} |")


if __name__ == "__main__":
    main()
