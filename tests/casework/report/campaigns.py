"""A campaign of made-up people in all provinces, with everything that happens to cases."""

from __future__ import annotations

from datetime import datetime
from random import Random

import attrs

from tests.casework.people import (
    DAY,
    HEALTH,
    REGISTRY,
    START,
    VALUES,
    ledger,
    origin,
)  # fmt: skip
from vnvaxmatch.casework import Act, Actor, Casework, NewCase, Role, Side, State
from vnvaxmatch.ledger import Ledger
from vnvaxmatch.normalize.places import index
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

POLICE = Actor("cong-an-9", role=Role.POLICE)
CLERK = Actor("can-bo-9", role=Role.HEALTH)
SITES = ("Trạm y tế Mẫu", "Bệnh viện <Thử> & Mẫu", "Trung tâm tiêm chủng Ví Dụ")
FOUND = {
    Field.NAME: ("name_marks", "name_typo", "name_missing"),
    Field.BIRTH: ("birth_day_month_swapped", "birth_year_only"),
    Field.SEX: ("sex_differs",),
    Field.ID_NUMBER: ("id_number_typo", "id_number_former", "id_number_length"),
}
RIGHT = {
    "full_name": "Trần Thị Sửa {}",
    "date_of_birth": "02/03/1991",
    "sex": "Nam",
    "id_number": "001090{:06d}",
    "dose_date": "11/08/2021",
    "phone": "0912{:06d}",
}
COLUMNS = {
    Field.NAME: "full_name", Field.BIRTH: "date_of_birth", Field.SEX: "sex",
    Field.ID_NUMBER: "id_number",
}  # fmt: skip
LATE = START + 50 * DAY


def codes() -> list[str]:
    """Give the codes of all communes."""
    return sorted(code for code in index().names if len(code) == 5)


def campaign(cases: int = 400, *, seed: int = 1, into: Ledger | None = None) -> Casework:
    """Make up a campaign: so many cases, and what people did to them in fifty days."""
    rng = Random(seed)
    work = Casework(ledger() if into is None else into, random=bytes)
    communes = rng.choices(codes(), k=max(3, cases // 8))
    rows = [_row(row, rng, communes) for row in range(1, cases + 1)]
    work.open(rows, origin=origin(), actor=REGISTRY, at=START)
    for number, (case, told) in enumerate(list(work.standings())):
        _carry(work, case, told.state, told.wrong, rng, number)
    return work


def _row(row: int, rng: Random, communes: list[str]) -> NewCase:
    (outcome,) = rng.choices([None, *Outcome], weights=[1, *(_WEIGHTS[o] for o in Outcome)])
    wrong = tuple(field for field in Field if rng.random() < 0.3) or (Field.NAME,)
    if outcome in (None, Outcome.MATCHED, Outcome.OUT_OF_SCOPE):
        wrong = ()
    if outcome is Outcome.MALFORMED:
        wrong = (Field.ID_NUMBER,)
    return NewCase(
        row=row,
        values={**VALUES, "full_name": f"Trần Thị Thử {row}", "phone": f"0987{row:06d}"},
        outcome=outcome,
        wrong=wrong,
        reasons=tuple(rng.choice(FOUND[field]) for field in wrong),
        commune=rng.choice(communes) if rng.random() < 0.95 else None,
    )


_WEIGHTS = {
    Outcome.MATCHED: 40, Outcome.MISMATCHED: 30, Outcome.NOT_FOUND: 10, Outcome.AMBIGUOUS: 4,
    Outcome.INCOMPLETE: 8, Outcome.MALFORMED: 5, Outcome.OUT_OF_SCOPE: 3,
}  # fmt: skip


def _carry(
    work: Casework, case: str, state: State, wrong: tuple[Field, ...], rng: Random, number: int
) -> None:
    """Carry a case on, as far as chance has it."""
    at = START

    def do(act: Act, actor: Actor) -> None:
        nonlocal at
        at = _later(at, rng)
        work.do(case, act, actor=actor, at=at)

    far = rng.random()
    if wrong and far > 0.25:
        do(Act.assigned(site=rng.choice(SITES)), HEALTH)
        if far > 0.4:
            columns = [*(COLUMNS[field] for field in wrong), *rng.sample(["dose_date", "phone"], 1)]
            act = Act.corrected({c: RIGHT[c].format(number) for c in columns})
            cause = rng.choice(["typing", "stated", "left_out", None])
            do(attrs.evolve(act, data={"cause": cause} if cause else {}), CLERK)
        if far > 0.5:
            do(Act.compared(Outcome.MATCHED), REGISTRY)
        elif far > 0.45:
            do(Act.confirmed(Side.IDENTITY), POLICE)
    if far > 0.55:
        do(Act.confirmed(Side.VACCINATION), HEALTH)
    if far > 0.65:
        do(Act.signed(f"sha256:{number}"), HEALTH)
    if far > 0.97:
        do(Act.revoked("QĐ-1"), HEALTH)


def _later(at: datetime, rng: Random) -> datetime:
    return min(at + rng.randrange(1, 12) * DAY + rng.randrange(8) * DAY / 24, LATE)


__all__ = ["LATE", "campaign", "codes"]
