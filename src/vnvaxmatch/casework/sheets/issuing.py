"""Make the worklists of cases: one workbook for each commune or site, and assign what is in it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import attrs
from unidecode import unidecode

from vnvaxmatch.casework.acts import Act
from vnvaxmatch.casework.authority import Actor, plain
from vnvaxmatch.casework.cases import CaseState
from vnvaxmatch.casework.refusals import Refusal, Refused
from vnvaxmatch.casework.sheets.applying import PURPOSE
from vnvaxmatch.casework.sheets.tokens import Place, Sealing, SheetId
from vnvaxmatch.casework.sheets.writing import write_sheet
from vnvaxmatch.casework.states import State, Step
from vnvaxmatch.casework.work import Casework
from vnvaxmatch.errors import CaseError, ConflictError, InputError
from vnvaxmatch.ledger import Event, Seal
from vnvaxmatch.messages import Lang
from vnvaxmatch.normalize import commune_name
from vnvaxmatch.workbooks import say

__all__ = ["LISTED", "ROWS_PER_SHEET", "Issued", "issue_sheets"]

ROWS_PER_SHEET: Final = 5_000
"""A longer list goes on in a second file, with a token for each row of its own."""

LISTED: Final = (
    State.INCOMPLETE, State.MALFORMED, State.MISMATCHED, State.NOT_FOUND, State.AMBIGUOUS,
    State.ASSIGNED, State.CORRECTED,
)  # fmt: skip
"""States whose cases a worklist has, where nothing else is asked for."""

_TO_ASSIGN: Final = frozenset(LISTED) - {State.ASSIGNED, State.CORRECTED}
_BATCH: Final = 1_000
_ATTEMPTS: Final = 5
_LONGEST_SITE: Final = 200
_FORMAT: Final = "1"


@attrs.frozen
class Issued:
    """A worklist that was written. ``anew`` is False where it is the last one once more."""

    sheet: SheetId
    file: str
    name: str
    rows: int
    assigned: int
    anew: bool
    sha256: str


def issue_sheets(
    work: Casework,
    folder: Path,
    *,
    actor: Actor,
    at: datetime,
    communes: Collection[str] | None = None,
    states: Collection[State] = LISTED,
    per: Literal["commune", "site"] = "commune",
    lang: Lang = "vi",
    progress: Callable[[int], None] | None = None,
) -> Iterator[Issued]:
    """Write a workbook into ``folder`` for each place that has such cases, and tell of each.

    Only cases of the actor's own office. Those that are wrong and nobody's yet are assigned, once.
    A list whose cases are as they were when it was last made is that one again: the same file, to
    the byte. Otherwise it is a newer issue; rows of the older one that did not change since can
    still be applied. ``progress`` is told how many rows were written.

    Raises :class:`CaseError` where values of cases cannot be read, and
    :class:`~vnvaxmatch.errors.InputError` where the actor may not assign.
    """
    may_assign = work.authority.allows(actor.role, (Step.ASSIGNED,))
    if not may_assign and frozenset(states) & _TO_ASSIGN:
        raise InputError(
            f"role {actor.role} may not assign cases: let health, registry or the commune make "
            "these worklists, or name states with --state that are assigned already"
        )
    for code in communes or ():
        _known(code)
    issuing = _Issuing(work, folder, actor, at, lang)
    places = (
        _places(work, actor, states, communes)
        if per == "commune"
        else _sites(work, actor, states, communes)
    )
    for place, cases in places:
        for part, start in enumerate(range(0, len(cases), ROWS_PER_SHEET), start=1):
            issued = issuing.issue(place, part, cases[start : start + ROWS_PER_SHEET])
            if issued is None:
                continue
            yield issued
            if progress is not None:
                progress(issued.rows)


def _places(
    work: Casework, actor: Actor, states: Collection[State], communes: Collection[str] | None
) -> Iterator[tuple[Place, list[str]]]:
    """Give each commune and the numbers of its cases, those of no known commune last."""
    found: dict[str, list[str]] = {}
    for case, standing in work.standings(states=states):
        found.setdefault(standing.commune or "", []).append(case)
    for commune in sorted(found, key=lambda code: (not code, code)):
        if communes is not None and commune not in communes:
            continue
        if actor.role == "site" or work.authority.covers(actor, commune=commune or None):
            yield Place(commune), found[commune]


def _sites(
    work: Casework, actor: Actor, states: Collection[State], communes: Collection[str] | None
) -> Iterator[tuple[Place, list[str]]]:
    """Give each vaccination site and the numbers of its cases: each case is read for it."""
    found: dict[str, tuple[Counter[str], list[str]]] = {}
    for case, standing in work.standings(states=states):
        if communes is not None and (standing.commune or "") not in communes:
            continue
        told = work.read(case)
        site = told.site or told.values.get("site", "")
        if not work.authority.covers(actor, commune=told.commune, sites=(site,)):
            continue
        name = " ".join(site.split())
        if len(name) > _LONGEST_SITE or not name.isprintable():
            name = ""  # no name of a site
        spellings, cases = found.setdefault(plain(name), (Counter(), []))
        spellings[name] += 1
        cases.append(case)
    for key in sorted(found, key=lambda key: (not key, key)):
        spellings, cases = found[key]
        yield Place(site=max(spellings, key=lambda name: (spellings[name], name))), cases


class _Issuing:
    def __init__(
        self, work: Casework, folder: Path, actor: Actor, at: datetime, lang: Lang
    ) -> None:
        self._work, self._folder, self._actor, self._at, self._lang = work, folder, actor, at, lang
        self._key = work.key(PURPOSE, at=at)
        self._sealing = Sealing(self._key)

    def issue(self, place: Place, part: int, numbers: Sequence[str]) -> Issued | None:
        """Assign the cases of one list, write it, and record that it was made."""
        assigned = self._assign(place, numbers)
        cases = [case for number in numbers if self._is_shown(case := self._work.read(number))]
        if not cases:
            return None
        cases.sort(key=lambda case: (case.list_id, case.row, case.case))
        sheet, anew = self._identify(place, part, cases)
        name = _title(place, self._lang)
        file = _file_name(place, name, part)
        path = self._folder / file
        write_sheet(path, cases, sheet=sheet, title=name, sealing=self._sealing, lang=self._lang)
        with path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        return Issued(sheet, file, name, len(cases), assigned, anew, digest)

    def _is_shown(self, case: CaseState) -> bool:
        if case.seal is Seal.LOCKED:
            raise CaseError(
                "the values of a case cannot be read: open the ledger with the key file that they "
                "were written with (--keys)"
            )
        sites = (case.site, case.values.get("site", ""))
        return case.seal is not Seal.DESTROYED and self._work.authority.covers(
            self._actor, commune=case.commune, sites=sites
        )

    def _assign(self, place: Place, numbers: Sequence[str]) -> int:
        """Assign what is wrong and nobody's yet; give how many were."""
        if not place.commune and not place.site:
            return 0  # nobody is known whom it could be assigned to
        act = Act.assigned(commune=place.commune, site=place.site)
        count = 0
        for start in range(0, len(numbers), _BATCH):
            for left in reversed(range(_ATTEMPTS)):
                batch = [
                    case
                    for number in numbers[start : start + _BATCH]
                    if (case := self._work.read(number)).state in _TO_ASSIGN
                    and self._is_shown(case)
                ]
                expected: dict[str, int | None] = {case.case: case.number for case in batch}
                try:
                    done = self._work.do_all(
                        [(case.case, act) for case in batch],
                        actor=self._actor, at=self._at, expected=expected,
                    )  # fmt: skip
                except ConflictError:
                    if not left:
                        raise
                    continue
                refused = {one.reason for one in done if isinstance(one, Refused)}
                if refused & {Refusal.ROLE, Refusal.OFFICE}:
                    raise InputError(
                        f"role {self._actor.role} may not assign these cases; see --role, --office"
                    )
                count += len(done)
                break
        return count

    def _identify(
        self, place: Place, part: int, cases: Sequence[CaseState]
    ) -> tuple[SheetId, bool]:
        """Tell which issue a list of these cases is: the last one, or the next."""
        stream = f"sheet/{place.stream}/{part}"
        told = "\n".join((_FORMAT, self._lang, *(f"{case.case} {case.number}" for case in cases)))
        digest = hmac.digest(self._key, told.encode("ascii"), "sha256").hex()
        for left in reversed(range(_ATTEMPTS)):
            before = self._work.ledger.read(stream)
            last = before[-1].event if before else None
            if last is not None and last.data.get("cases") == digest:
                return self._sheet_id(place, part, len(before), last.at), False
            number = len(before) + 1
            event = Event(
                stream,
                "issued",
                self._at,
                {
                    "sheet": self._sealing.sheet_id(place, part=part, number=number),
                    "commune": place.commune,
                    "site": place.site,
                    "rows": len(cases),
                    "cases": digest,
                    "actor": self._actor.id,
                    "role": self._actor.role.value,
                    "office": self._actor.office,
                },
            )
            try:
                self._work.ledger.append([event], expected={stream: number - 1})
            except ConflictError:
                if not left:
                    raise
                continue
            return self._sheet_id(place, part, number, self._at), True
        raise AssertionError("the last attempt returns or raises")

    def _sheet_id(self, place: Place, part: int, number: int, at: datetime) -> SheetId:
        name = self._sealing.sheet_id(place, part=part, number=number)
        return SheetId(self._sealing.ledger, name, place, part, number, at)


def _known(commune: str) -> None:
    try:
        if commune:
            commune_name(commune)
    except KeyError:
        raise InputError(
            "no commune has that code since 2025: five digits, as `casework status --by-commune` "
            "lists them"
        ) from None


def _title(place: Place, lang: Lang) -> str:
    if place.site:
        return place.site
    if not place.commune:
        return say(lang, "Không rõ xã/phường", "Unknown commune")
    try:
        return commune_name(place.commune)
    except KeyError:
        return place.commune


def _file_name(place: Place, title: str, part: int) -> str:
    slug = "-".join(re.findall(r"[a-z0-9]+", unidecode(title.split(",")[0]).lower()))[:60]
    # two sites may be written alike in ASCII: their streams are not
    stem = f"{place.stream}-{slug}" if place != Place() else "khong-ro-xa"
    return f"{stem.rstrip('-')}.xlsx" if part == 1 else f"{stem.rstrip('-')}-{part}.xlsx"
