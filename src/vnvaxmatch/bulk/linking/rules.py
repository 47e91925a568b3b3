"""What keeps two statements apart, however much speaks for one person.

A weight adds up what speaks for and against. Within a list that is not enough: nobody holds the
entry that a namesake, a twin or a parent would fit better. So the rules here ask of two statements
not how likely they are one person's, but whether anything in them says that they are two people's.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs

from vnvaxmatch.compare import Level, Likeness
from vnvaxmatch.outcome import Doubt, Reason

__all__ = ["Beside", "Conflict", "Likenesses", "conflict"]

_GENERATION: Final = 12
"""Years: parent and child are further apart, two mistakes in one date of birth hardly."""

_SAME_PERSON_NAMES: Final = frozenset(
    {Reason.NAME_ORDER, Reason.NAME_INITIALS, Reason.NAME_PART_MISSING, Reason.NAME_MARKER}
)
"""Likenesses of names that no twin's name has: no letter contradicts another."""

_SAME_DAY: Final = frozenset(
    {Reason.BIRTH_YEAR_ONLY, Reason.BIRTH_MONTH_ONLY, Reason.BIRTH_DAY_MONTH_SWAPPED}
)
"""Likenesses of births where one date is a poorer way to write the other. The first of January,
though it may stand for its year, is a day too."""


@attrs.frozen
class Beside:
    """What is to be known of a pair beside its likenesses.

    ``years`` are those between the births (0 where one is missing); ``plain`` says that one of the
    names is written without any mark; ``apart`` that both communes are known, and neither commune
    nor phone is the same; ``repeated`` that each of the numbers stands on several rows.
    """

    years: int = 0
    plain: bool = False
    apart: bool = False
    repeated: bool = False


@attrs.frozen
class Conflict:
    """What says that two statements are two people's: the code of what differs.

    A ``firm`` one stands whatever else is known. The others fall where one of the two has the
    number of a third statement that the other fits: then it is a slip that is known as such.
    """

    code: Reason | Doubt
    firm: bool


Likenesses: TypeAlias = tuple[Likeness, Likeness, Likeness, Likeness]
"""Those of name, birth, sex and ID number."""


def conflict(likenesses: Likenesses, beside: Beside, /) -> Conflict | None:
    """Say what in a pair of statements contradicts that they are one person's, or None.

    What is missing contradicts nothing. Firm are:

    1. Two numbers of one kind that are not even near, or are near and stand on several rows each,
       as no slip does: two people, or one person with two numbers, which a person has to look into.
    2. Names that differ by more than slips, also with the same number: a mother's number may stand
       on her child's record, and a twin's on the other twin's.
    3. Births that have nothing in common: a son may bear his father's name, and be entered under
       his number. Not firm if the name is the same, the years are less than a generation apart, and
       the numbers are not just near.
    4. Homes that are apart, as namesakes' are, without the same number.

    Not firm, and no conflict at all with the same number, are:

    5. Names that differ by a mark, a sound or a letter, as those of twins do (one without any mark
       is only written poorly); with near numbers, as twins have, all but the very same name.
    6. Births of which one is not just the other written poorly; sexes.

    >>> same, no_number = (Level.SAME, None), (Level.MISSING, None)
    >>> mark = (Level.UNMARKED, Reason.NAME_MARK)
    >>> conflict((mark, same, same, no_number), Beside()).code.value
    'name_mark'
    >>> conflict((mark, same, same, same), Beside()) is None
    True
    """
    name, birth, sex, number = likenesses
    if number[1] is Reason.ID_NUMBER_DIFFERS:
        return Conflict(number[1], firm=True)
    near = number[0] is Level.CLOSE
    if near and beside.repeated and number[1] is not None:
        return Conflict(number[1], firm=True)
    if name[0] is Level.DIFFERENT and name[1] is not None:
        return Conflict(name[1], firm=True)
    if birth[0] is Level.DIFFERENT:
        slips = name[0] is Level.SAME and beside.years < _GENERATION
        return Conflict(Reason.BIRTH_DIFFERS, firm=near or not slips)
    if number[0] is Level.SAME:
        return None
    if beside.apart:
        return Conflict(Doubt.LINK_ELSEWHERE, firm=True)
    for code in (
        None if _is_same_name(name, plain=beside.plain, near=near) else name[1],
        None if birth[0] in _NOTHING_AGAINST or birth[1] in _SAME_DAY else birth[1],
        sex[1] if sex[0] is Level.DIFFERENT else None,
    ):
        if code is not None:
            return Conflict(code, firm=False)
    return None


_NOTHING_AGAINST: Final = frozenset({Level.SAME, Level.MISSING})


def _is_same_name(name: Likeness, *, plain: bool, near: bool) -> bool:
    """Tell whether nothing in two names is a twin's or a relative's."""
    level, reason = name
    if level in _NOTHING_AGAINST:
        return True
    if near:
        return False
    return plain if level is Level.UNMARKED else reason in _SAME_PERSON_NAMES
