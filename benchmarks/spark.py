"""What a run on Spark costs: our functions inside Spark and outside, and each phase of a run.

    python benchmarks/spark.py [--people 1000000] [--doses 200000] [--cores 2]

Makes a population and a list, times the functions that Spark runs over Arrow batches in a plain
process and inside ``mapInArrow`` on the same batches, runs a whole verification by the fuzzy
matcher with Spark's own event log on, and prints the processor time and the shuffled bytes of each
phase, per person or dose. ``docs/explanation/cluster-size.md`` says how many machines a nation
needs by these figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.bulk.columns import POPULATION_COLUMNS, choose
from vnvaxmatch.bulk.engine import Stage, carry_out
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.runs import InputOptions, open_doses
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.bulk.spark.engine import Keep, SparkEngine
from vnvaxmatch.bulk.spark.maps import Asking, Deciding, Filing, Job, Settling
from vnvaxmatch.bulk.spark.people import Counted, PeopleReading, entries_of
from vnvaxmatch.bulk.spark.sessions import opened
from vnvaxmatch.bulk.steps import Plan
from vnvaxmatch.policy import Disclosure, strict
from vnvaxmatch.synthetic import synthesize

BATCH = 20_000


@attrs.frozen
class Timed:
    """A map that tells how long it took, as its only row: rows and nanoseconds of processor."""

    inner: object

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Run the map, and time it."""
        rows = spent = 0
        for batch in batches:
            began = time.process_time_ns()
            for _ in self.inner([batch]):
                pass
            spent += time.process_time_ns() - began
            rows += batch.num_rows
        yield pa.RecordBatch.from_pydict({"rows": [rows], "spent": [spent]})


def timed_here(made: object, table: pa.Table) -> tuple[float, float]:
    """Give rows per second of processor, and of wall time, in this process; the second of two."""
    for _ in range(2):
        began = time.perf_counter()
        (told,) = Timed(made)(table.to_batches(max_chunksize=BATCH))
        wall = time.perf_counter() - began
    rows, spent = (told.column(name)[0].as_py() for name in ("rows", "spent"))
    return rows / spent * 1e9, rows / wall


def timed_on_spark(made: object, table: DataFrame) -> tuple[float, float]:
    """Give the same inside mapInArrow: of our functions alone, and of the whole job."""
    for _ in range(2):
        began = time.perf_counter()
        told = table.mapInArrow(Timed(made), "rows long, spent long").collect()
        wall = time.perf_counter() - began
    rows, spent = (sum(row[name] for row in told) for name in ("rows", "spent"))
    return rows / spent * 1e9, rows / wall


def processor() -> float:
    """Give the seconds of processor of all processes below this one: Java, and Python's workers."""
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            cells = stat.read_text().rpartition(")")[2].split()
            pid = int(stat.parent.name)
            parents[pid] = int(cells[1])
            spent[pid] = sum(map(int, cells[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_ours(pid: int) -> bool:
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return sum(seconds for pid, seconds in spent.items() if is_ours(pid))


class InPhases(SparkEngine):
    """Keeps also what is found, so that each phase is computed by itself."""

    def __init__(self, *given: object, keep: Keep) -> None:
        super().__init__(*given, keep=keep)
        self._keeping = keep

    def find(self, stage: Stage, asked: DataFrame) -> DataFrame:
        """Find, and keep."""
        return self._keeping(super().find(stage, asked), stage.value)


class Phases:
    """Keeps the tables of a run in a folder, and names in Spark's log what is being computed."""

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self.session = session
        self.folder = folder
        self.spent: dict[str, float] = {}

    @contextlib.contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Count what is spent in a phase."""
        self.session.sparkContext.setJobDescription(name)
        before = processor()
        yield
        self.spent[name] = processor() - before

    def keep(self, table: DataFrame, name: str) -> DataFrame:
        """Compute a table now."""
        with self.named(name):
            table.write.parquet(str(self.folder / name))
        return self.session.read.schema(table.schema).parquet(str(self.folder / name))


def logged(folder: Path) -> dict[str, dict[str, float]]:
    """Sum up an event log: for each phase the time of tasks in Java, and the bytes shuffled."""
    phase_of: dict[int, str] = {}
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for file in folder.rglob("*"):
        if not file.is_file() or file.name.startswith((".", "appstatus")):
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerJobStart":
                phase = (event.get("Properties") or {}).get("spark.job.description", "")
                for stage in event["Stage IDs"]:
                    phase_of.setdefault(stage, phase)
            if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                metrics = event["Task Metrics"]
                some = sums[phase_of.get(event["Stage ID"], "")]
                some["java"] += metrics["Executor CPU Time"] / 1e9
                some["shuffled"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    return sums


def main() -> None:
    """Measure, and print tables."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--doses", type=int, default=200_000)
    options.add_argument("--cores", type=int, default=2)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="vnvaxmatch-spark-") as name:
        folder = Path(name)
        synthesize(people=given.people, doses=given.doses, seed=1, out=folder / "made")
        population = folder / "made" / "population.parquet"
        texts = pa.Table.from_batches(
            list(open_doses(folder / "made" / "doses.csv", InputOptions()).batches)
        )
        rows = pa.array(range(1, texts.num_rows + 1), pa.int64())
        pq.write_table(texts.append_column("row", rows), folder / "texts.parquet")
        (folder / "events").mkdir()
        settings = {
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": (folder / "events").as_uri(),
            "spark.driver.memory": "4g",
            "spark.sql.shuffle.partitions": str(4 * given.cores),
            "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
        }
        with opened(f"local[{given.cores}]", settings=settings) as session:
            phases = Phases(session, folder)
            people = session.read.parquet(str(population))
            entries = phases.keep(entries_of(people), "entries")
            with phases.named("counting"):
                matcher = Fuzzy().fitted(Counted(entries))
            plan = Plan(matcher, strict, Disclosure.FINDINGS, ReadingRules())
            job = Job.of(plan, texts=[n for n in texts.schema.names if n != UNREADABLE])
            doses = session.read.parquet(str(folder / "texts.parquet"))
            doses = doses.repartition(4 * given.cores)
            engine = InPhases(job, entries, keep=phases.keep)
            decided = carry_out(engine, plan.stages, doses)
            phases.keep(decided, "decided")
        sums = logged(folder / "events")
        opened_ = pq.read_table(folder / "settled", columns=["_open"]).column("_open")
        waiting = pa.compute.sum(opened_).as_py()
        print(f"\n{given.people:,} people, {given.doses:,} doses, {waiting:,} of them open")
        _phases(sums, phases.spent, given.people, given.doses, waiting)
        with opened(
            "local[1]", settings={**settings, "spark.eventLog.enabled": "false"}
        ) as session:
            _functions(session, folder, job, population)


def _phases(
    sums: dict[str, dict[str, float]],
    spent: dict[str, float],
    people: int,
    doses: int,
    waiting: int,
) -> None:
    print("\n| phase | per | processor, µs | of it Java's tasks, µs | shuffled, bytes |")
    print("|---|---|---|---|---|")
    for phase, per, count in (
        ("entries", "person", people),
        ("counting", "person", people),
        ("numbers", "person and dose", people + doses),
        ("settled", "dose", doses),
        ("keys", "person and open dose", people + waiting),
        ("decided", "open dose", waiting),
    ):
        some = sums[phase]
        java = some["java"] / count * 1e6
        told = f"{spent[phase] / count * 1e6:.1f} | {java:.1f} | {some['shuffled'] / count:.0f}"
        print(f"| {phase} | {per} | {told} |")


def _functions(session: SparkSession, folder: Path, job: Job, population: Path) -> None:
    """Time the maps on the very tables that they were given in the run."""
    names = tuple(choose(pq.read_schema(population).names, POPULATION_COLUMNS).found)
    doses = session.read.parquet(str(folder / "texts.parquet"))
    numbers = session.read.parquet(str(folder / "numbers")).withColumnRenamed("blocks", "blocks_0")
    doses.join(numbers, "row", "left").write.parquet(str(folder / "joined"))
    waiting = session.read.parquet(str(folder / "settled")).where("_open")
    waiting = waiting.drop("_open", "_keys", *job.packed.names)
    waiting = waiting.withColumnsRenamed({"_row": "row", "_blocks_0": "blocks_0"})
    keys = session.read.parquet(str(folder / "keys")).withColumnRenamed("blocks", "blocks_1")
    waiting.join(keys, "row", "left").write.parquet(str(folder / "waiting"))
    made = {
        "reading people": (PeopleReading(names, numbered=False), population),
        "filing people": (Filing(Stage.KEYS), folder / "entries"),
        "asking": (Asking(job), folder / "texts.parquet"),
        "settling": (Settling(job), folder / "joined"),
        "deciding": (Deciding(job, prefix="_list_"), folder / "waiting"),
    }
    print(
        "\nrows a second of processor, and a second of a whole job that reads them from Parquet\n"
    )
    print("| function | alone | inside mapInArrow | ratio | whole job |")
    print("|---|---|---|---|---|")
    for name, (function, path) in made.items():
        table = session.read.parquet(str(path)).coalesce(1)
        here, _ = timed_here(function, pq.read_table(path))
        inside, whole = timed_on_spark(function, table)
        print(f"| {name} | {here:,.0f} | {inside:,.0f} | {inside / here:.2f} | {whole:,.0f} |")


if __name__ == "__main__":
    main()
