"""Measure the report of a campaign: of cases just opened, and of cases that were worked on.

Run it as ``python benchmarks/casework_report.py [CASES [WORKED]]``. The cases are made up; WORKED
of them (40 in 100 by default) are assigned, corrected, compared again, confirmed and signed. What
is measured is ``casework report`` as a person runs it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter

from vnvaxmatch.casework import Act, Actor, Casework, NewCase, Origin, Role, Side
from vnvaxmatch.ledger import KeyRing, SQLiteLedger
from vnvaxmatch.normalize.places import index
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

REGISTRY = Actor("registry", role=Role.REGISTRY)
HEALTH = Actor("health", role=Role.HEALTH)
CLERK = Actor("clerk", role=Role.HEALTH)
BATCH = 10_000
START = datetime(2026, 3, 1, tzinfo=UTC)
ACTS = (
    (Act.assigned(site="Trạm y tế Mẫu"), HEALTH),
    (Act.corrected({"sex": "Nam"}), CLERK),
    (Act.compared(Outcome.MATCHED), REGISTRY),
    (Act.confirmed(Side.VACCINATION), HEALTH),
    (Act.signed("sha256:00"), HEALTH),
)


def rows(cases: int, worked: int) -> Iterator[NewCase]:
    """Make up rows: those that are to be worked on are wrong, the others right."""
    rng = Random(1)
    communes = [code for code in sorted(index().names) if len(code) == 5]
    for row in range(1, cases + 1):
        wrong = row <= worked
        yield NewCase(
            row,
            {"full_name": f"Trần Thị Thử {row}", "sex": "Nữ"},
            Outcome.MISMATCHED if wrong else Outcome.MATCHED,
            wrong=(Field.SEX,) if wrong else (),
            reasons=("sex_differs",) if wrong else (),
            commune=rng.choice(communes),
        )


def report(ledger: Path) -> None:
    """Make the report in a process of its own, and print what it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = perf_counter()
    page = ledger.with_suffix(".html")
    command = ("casework", "report", "--ledger", ledger, "--out", page)
    subprocess.run([sys.executable, "-m", "vnvaxmatch", *map(str, command)], check=True)
    seconds = perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{seconds:7.2f} s  processor {used:7.2f} s  peak so far {after.ru_maxrss / 1024:,.0f} MB  "
        f"page {page.stat().st_size / 1e6:.1f} MB"
    )


def main(cases: int, worked: int) -> None:
    """Open cases, report on them; work on some, and report again."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "cases.db"
        with SQLiteLedger(path, keys=KeyRing({"k": bytes(32)}, current="k")) as ledger:
            work = Casework(ledger)
            origin = Origin("0" * 64, "1" * 64, START)
            work.open(rows(cases, worked), origin=origin, actor=REGISTRY, at=START)
        report(path)
        with SQLiteLedger(path, keys=KeyRing({"k": bytes(32)}, current="k")) as ledger:
            work = Casework(ledger)
            wrong = iter([case for case, told in work.standings() if told.wrong])
            while part := list(islice(wrong, BATCH)):
                for day, (act, actor) in enumerate(ACTS):
                    at = START + timedelta(days=day)
                    work.do_all([(case, act) for case in part], actor=actor, at=at)
        report(path)


if __name__ == "__main__":
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    main(total, int(sys.argv[2]) if len(sys.argv) > 2 else total * 2 // 5)
