"""Names of a list, read in bulk and one at a time: names a second, and the ratio."""

import time
from pathlib import Path

import pyarrow as pa

from vnvaxmatch import normalize
from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options

WORK = Path(__file__).parent / "work"


def main() -> None:
    """Read the name column of the largest synthetic list both ways."""
    path = max(WORK.glob("*/s/doses.csv"), key=lambda p: p.stat().st_size)
    source = open_source(path, Options(known=DOSE_COLUMNS))
    batches = [batch.column("full_name") for batch in source.batches]
    names = pa.chunked_array(batches).combine_chunks()
    texts = names.to_pylist()
    normalize.name("Nguyễn Văn Mẫu")  # tables are read at first use

    def one_at_a_time() -> float:
        start = time.perf_counter()
        for text in texts:
            normalize.name(text)
        return len(texts) / (time.perf_counter() - start)

    def in_bulk() -> float:
        reader = NameReader(fields=("text", "key", "fold"))
        start = time.perf_counter()
        for batch in batches:
            reader.read(batch)
        return len(texts) / (time.perf_counter() - start)

    pairs = [(in_bulk(), one_at_a_time()) for _ in range(3)]
    bulk, scalar = (sorted(side)[1] for side in zip(*pairs, strict=True))
    ratio = sorted(b / s for b, s in pairs)[1]
    print(f"{len(texts):,} names, {len(set(texts)):,} distinct, one process, one thread\n")
    print("| | names/s |\n|---|---|")
    print(f"| in bulk | {bulk:,.0f} |\n| one at a time | {scalar:,.0f} |\n\nratio {ratio:.1f}")


if __name__ == "__main__":
    main()
