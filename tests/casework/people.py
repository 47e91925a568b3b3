"""What the tests of casework share: a ledger, actors of every role, a made-up record."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from vnvaxmatch.casework import Act, Actor, Casework, NewCase, Origin, Role, Side
from vnvaxmatch.ledger import KeyRing, MemoryLedger
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HERE, THERE = "00004", "26740"
KEYS = KeyRing({"test": bytes(range(32))}, current="test")

REGISTRY = Actor("may-doi-chieu", role=Role.REGISTRY)
HEALTH = Actor("so-y-te", role=Role.HEALTH)
POLICE = Actor("cong-an-1", role=Role.POLICE, office=HERE)
COMMUNE = Actor("can-bo-1", role=Role.COMMUNE, office=HERE)
ELSEWHERE = Actor("can-bo-2", role=Role.COMMUNE, office=THERE)
SITE = Actor("tram-1", role=Role.SITE, office="Trạm y tế Mẫu")
EVERYBODY = (REGISTRY, HEALTH, POLICE, COMMUNE, ELSEWHERE, SITE)

VALUES = {
    "record_id": "HS-1",
    "full_name": "Trần Thị Thử",
    "date_of_birth": "01/02/1990",
    "sex": "Nữ",
    "id_number": "001190000456",
    "dose_number": "1",
    "dose_date": "10/08/2021",
    "vaccine": "Pfizer",
    "site": "TRẠM Y TẾ  MẪU",
}


def ledger() -> MemoryLedger:
    """Make an empty ledger that can keep personal values."""
    return MemoryLedger(keys=KEYS)


def origin(number: int = 1, *, source: str = "", made: datetime = START) -> Origin:
    """Make up where a list comes from."""
    return Origin(list_id(number), list_id(number), made, source=source)


def list_id(number: int) -> str:
    """Make up the digest of a list."""
    return hashlib.sha256(b"%d" % number).hexdigest()


def new_case(outcome: Outcome | None = Outcome.MISMATCHED, **changes: Any) -> NewCase:
    """Make up a row of a list."""
    wrong = (Field.SEX,) if outcome is Outcome.MISMATCHED else ()
    told = {"values": VALUES, "outcome": outcome, "wrong": wrong, "commune": HERE, **changes}
    return NewCase(row=told.pop("row", 1), **told)


def one_case(outcome: Outcome | None = Outcome.MISMATCHED, **changes: Any) -> tuple[Casework, str]:
    """Open one case, and give the work and the case's number."""
    work = Casework(ledger())
    work.open([new_case(outcome, **changes)], origin=origin(), actor=REGISTRY, at=START)
    ((case, _),) = work.standings()
    return work, case


def certified_case() -> tuple[Casework, str]:
    """Open a matched case, confirm its vaccination, and have it signed."""
    work, case = one_case(Outcome.MATCHED)
    work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=START)
    work.do(case, Act.signed("sha256:00"), actor=COMMUNE, at=START)
    return work, case
