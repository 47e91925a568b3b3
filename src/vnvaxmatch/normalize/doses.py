"""Doses: their number, their day, and what is doubtful about them, alone and in sequence.

The health sector answers for these facts, so nothing here is corrected: doubts go to the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations, pairwise

from vnvaxmatch.normalize.births import BirthDate
from vnvaxmatch.normalize.dates import Fault, Step, read_date
from vnvaxmatch.normalize.folding import MAX_LENGTH, fold, lazy, narrow, tidy
from vnvaxmatch.normalize.vaccines import Vaccine
from vnvaxmatch.outcome import BLANK, Change, Doubt, Normalized, Reading, Reason, Rejected

__all__ = ["MOST_DOSES", "ROLLOUT", "dose_date", "dose_doubts", "dose_number", "sequence_doubts"]

ROLLOUT = date(2021, 3, 8)
"""The first Covid-19 vaccination in Vietnam."""

MOST_DOSES = 6
"""Doses a person above which the number is doubtful."""

SHORTEST_INTERVAL = {"Abdala": 14}
"""Fewest days to the next dose, by approved name, where other than :data:`ANY_INTERVAL`.

Abdala is given on days 0, 14 and 28. The labels of the others say 21 days (Comirnaty,
Gam-COVID-Vac, Vero Cell, Hayat-Vax), 28 (Spikevax, AstraZeneca) or more. Taken at the lowest, so
that only what no schedule allows is doubted. Confidence: medium (labels as reported in public).
"""

ANY_INTERVAL = 21
"""Fewest days to the next dose after any other known vaccine."""

UNKNOWN_INTERVAL = 14
"""Fewest days to the next dose where the vaccine is not known: the shortest of all."""

_YEARS_OF_2000 = date(2099, 12, 31)

_WORDS = {
    "mot": 1, "nhat": 1, "hai": 2, "nhi": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6,
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "first": 1, "second": 2, "third": 3, "fourth": 4,
    "one": 1, "two": 2, "three": 3, "four": 4,
}  # fmt: skip
_NUMBER = lazy(
    r"(?:lan\s*)?(?P<label>(?:mui|lieu|lan|dose|shot|[mld](?=\s*[0-9]))\s*(?:tiem\s*)?(?:chung\s*)?"
    r"(?:thu|so|no)?[\s.:#\-]*)?"
    rf"(?:(?P<digits>[0-9]{{1,2}})(?:[.,]0{{1,6}}|st|nd|rd|th)?|(?P<word>{'|'.join(_WORDS)}))"
    r"(?:\s*/\s*(?P<of>[1-9]))?(?:\s*(?:dose|shot))?"
    r"(?:[\s,\-]*\(?(?:mui\s*)?(?:nhac(?:\s*lai)?|bo sung|co ban|booster)\)?)?"
)


def dose_number(text: str) -> Reading[int]:
    """Read which dose it was: «1», «mũi 2», «Mũi thứ hai», «liều 1», «M1».

    A booster without a number («nhắc lại») is rejected: which dose it was depends on the vaccine
    before it. Above :data:`MOST_DOSES` the number is doubtful.

    >>> dose_number("Mũi thứ 2").unwrap(), dose_number("2").changes
    (2, ())
    >>> dose_number("mũi nhắc lại")
    Rejected(reason=<Reason.DOSE_NUMBER_UNREADABLE: 'dose_number_unreadable'>)
    """
    if len(text) > MAX_LENGTH:
        return Rejected(Reason.TOO_LONG)
    said = fold(narrow(tidy(text))).rstrip(" .,;")
    if not said and not tidy(text):
        return BLANK
    m = _NUMBER(said)
    if m is None or (m["label"] is None and (m["of"] or m["word"])):
        return Rejected(Reason.DOSE_NUMBER_UNREADABLE)
    number = int(m["digits"]) if m["digits"] else _WORDS[m["word"]]
    if number == 0 or number > int(m["of"] or number):
        return Rejected(Reason.DOSE_NUMBER_UNREADABLE)
    return Normalized(
        number,
        () if text == str(number) else (Change.DOSE_NUMBER_SPELLING,),
        (Doubt.DOSE_NUMBER_IMPLAUSIBLE,) if number > MOST_DOSES else (),
    )


_GUESSES = frozenset({Step.SERIAL, Step.ZERO_EATEN, Step.TIME_ZONE})


def dose_date(text: str) -> Reading[date]:
    """Read the day of a dose; a day must be there. Two-digit years are of the 2000s.

    >>> dose_date("08/03/2021").unwrap(), dose_date("8/3/21").unwrap()
    (datetime.date(2021, 3, 8), datetime.date(2021, 3, 8))
    >>> dose_date("03/2021")
    Rejected(reason=<Reason.DOSE_DATE_UNREADABLE: 'dose_date_unreadable'>)
    """
    parts = read_date(text, pivot=_YEARS_OF_2000)
    match parts:
        case Fault.BLANK:
            return BLANK
        case Fault.TOO_LONG:
            return Rejected(Reason.TOO_LONG)
        case Fault():
            return Rejected(Reason.DOSE_DATE_UNREADABLE)
    if not parts.day:
        return Rejected(Reason.DOSE_DATE_UNREADABLE)
    changes = (Change.DOSE_DATE_FORMAT,) if parts.steps else ()
    doubts = [Doubt.DOSE_DATE_SWAPPED] if Step.SWAPPED in parts.steps else []
    if not _GUESSES.isdisjoint(parts.steps):
        doubts.append(Doubt.DOSE_DATE_GUESSED)
    return Normalized(date(parts.year, parts.month, parts.day), changes, tuple(doubts))


def dose_doubts(
    day: date, *, reference_date: date | None = None, birth: BirthDate | None = None
) -> tuple[Doubt, ...]:
    """Judge the day of one dose: before the roll-out, after the reference day, before the birth.

    A birth date of year or month precision counts only where the dose is certainly before it.

    >>> [str(doubt) for doubt in dose_doubts(date(2012, 3, 8), birth=BirthDate(2013))]
    ['dose_before_rollout', 'dose_before_birth']
    """
    doubts = [Doubt.DOSE_BEFORE_ROLLOUT] if (day.year, day.month, day.day) < _ROLLOUT else []
    if reference_date is not None and _parts(day) > _parts(reference_date):
        doubts.append(Doubt.DOSE_IN_FUTURE)
    if birth is not None and _parts(day) < (birth.year, birth.month or 1, birth.day or 1):
        doubts.append(Doubt.DOSE_BEFORE_BIRTH)
    return tuple(doubts)


def sequence_doubts(
    doses: Sequence[tuple[Vaccine | None, int | None, date | None]],
) -> tuple[tuple[Doubt, ...], ...]:
    """Judge a person's doses, each as (vaccine, number, day), against each other.

    One tuple for each dose, in the order given. Two doses out of order (a higher number on an
    earlier day) and two of one number or one day are both doubted, for either may be wrong; a
    short interval is doubted on the later dose. What is None is not judged.

    >>> first, second = (None, 1, date(2021, 7, 1)), (None, 2, date(2021, 7, 8))
    >>> [[str(doubt) for doubt in doubts] for doubts in sequence_doubts([first, second])]
    [[], ['dose_interval_short']]
    """
    found: list[set[Doubt]] = [set() for _ in doses]
    for i, j in combinations(range(len(doses)), 2):
        (_, number_a, day_a), (_, number_b, day_b) = doses[i], doses[j]
        same_number = number_a is not None and number_a == number_b
        if same_number or (day_a is not None and day_a == day_b):
            found[i].add(Doubt.DOSE_REPEATED)
            found[j].add(Doubt.DOSE_REPEATED)
        if number_a is None or number_b is None or day_a is None or day_b is None:
            continue
        if (number_a - number_b) * (day_a - day_b).days < 0:
            found[i].add(Doubt.DOSE_OUT_OF_ORDER)
            found[j].add(Doubt.DOSE_OUT_OF_ORDER)
    for j in _too_soon(doses):
        found[j].add(Doubt.DOSE_INTERVAL_SHORT)
    return tuple(tuple(doubt for doubt in _SEQUENCE if doubt in doubts) for doubts in found)


_SEQUENCE = (Doubt.DOSE_OUT_OF_ORDER, Doubt.DOSE_REPEATED, Doubt.DOSE_INTERVAL_SHORT)


def _too_soon(
    doses: Sequence[tuple[Vaccine | None, int | None, date | None]],
) -> list[int]:
    """List the doses that come too soon after the one before, by day (one day twice: repeated)."""
    dated = sorted((day, i) for i, (_, _, day) in enumerate(doses) if day is not None)
    late = []
    for (before, i), (after, j) in pairwise(dated):
        given = doses[i][0]
        fewest = (
            UNKNOWN_INTERVAL if given is None else SHORTEST_INTERVAL.get(given.name, ANY_INTERVAL)
        )
        if 0 < (after - before).days < fewest:
            late.append(j)
    return late


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


_ROLLOUT = _parts(ROLLOUT)
