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

__all__ = ["Beside", "Conflict", "conflict"]

Conflict: TypeAlias = Reason | Doubt
"""What says that two statements are two people's: the code of what differs."""

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
    nor phone is the same.
    """

    years: int = 0
    plain: bool = False
    apart: bool = False


def conflict(
    likenesses: tuple[Likeness, Likeness, Likeness, Likeness], beside: Beside, /
) -> Conflict | None:
    """Say what in a pair of statements contradicts that they are one person's, or None.

    ``likenesses`` are those of name, birth, sex and ID number; what is missing contradicts nothing.

    1. Two numbers of one kind that are not even near: two people, or one person with two numbers,
       which a person has to look into.
    2. Births that have nothing in common. Only the same number with the same name outweighs that,
       and not across a generation: a son may bear his father's name, and be entered under his
       number.
    3. With the same number: names that differ by more than slips, for a mother's number may stand
       on her child's record and a twin's on the other twin's.
    4. Without the same number: names that differ by a mark, a sound or a letter, as those of twins
       do (a name without any mark is only written poorly); with near numbers, as twins have, all
       but the very same name; births of which one is not just the other written poorly; sexes.
    5. Without any number in common: homes that are apart, as namesakes' are.

    >>> from vnvaxmatch.compare import Level
    >>> same, no_number = (Level.SAME, None), (Level.MISSING, None)
    >>> mark = (Level.UNMARKED, Reason.NAME_MARK)
    >>> conflict((mark, same, same, no_number), Beside()).value
    'name_mark'
    >>> conflict((mark, same, same, same), Beside()) is None
    True
    """
    name, birth, sex, number = likenesses
    if number[1] is Reason.ID_NUMBER_DIFFERS:
        return number[1]
    same_number, near = number[0] is Level.SAME, number[0] is Level.CLOSE
    if birth[0] is Level.DIFFERENT and not (
        same_number and name[0] is Level.SAME and beside.years < _GENERATION
    ):
        return birth[1]
    if same_number:
        return name[1] if name[0] is Level.DIFFERENT else None
    if not _is_same_name(name, plain=beside.plain, near=near):
        return name[1]
    if birth[0] is Level.CLOSE and birth[1] not in _SAME_DAY:
        return birth[1]
    if sex[0] is Level.DIFFERENT:
        return sex[1]
    return Doubt.LINK_ELSEWHERE if beside.apart and not near else None


def _is_same_name(name: Likeness, *, plain: bool, near: bool) -> bool:
    """Tell whether nothing in two names is a twin's or a relative's."""
    level, reason = name
    if level in (Level.SAME, Level.MISSING):
        return True
    if near:
        return False
    return plain if level is Level.UNMARKED else reason in _SAME_PERSON_NAMES
