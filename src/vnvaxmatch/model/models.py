"""A model of matching: for each likeness, how probable it is for one person and for two."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from math import inf, isfinite, log2
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import attrs

from vnvaxmatch.compare import Likeness
from vnvaxmatch.errors import ModelError
from vnvaxmatch.outcome import Reason
from vnvaxmatch.records import Field

__all__ = ["CODES", "SAME", "Chance", "Chances", "Model", "Scale", "code_of", "default_model"]

FORMAT: Final = 1

SAME: Final = "same"
"""The code of a likeness that needs no reason."""

CODES: Final[Mapping[Field, tuple[str, ...]]] = MappingProxyType(
    {
        Field.NAME: (
            SAME, Reason.NAME_MARK, Reason.NAME_MARKS, Reason.NAME_ORDER, Reason.NAME_MARKER,
            Reason.NAME_SOUND, Reason.NAME_KEYS, Reason.NAME_TYPO, Reason.NAME_INITIALS,
            Reason.NAME_PART_MISSING, Reason.NAME_MIDDLE_DIFFERS, Reason.NAME_GIVEN_DIFFERS,
            Reason.NAME_SURNAME_DIFFERS, Reason.NAME_DIFFERS,
        ),
        Field.BIRTH: (
            SAME, Reason.BIRTH_FIRST_OF_JANUARY, Reason.BIRTH_YEAR_ONLY, Reason.BIRTH_MONTH_ONLY,
            Reason.BIRTH_DAY_MONTH_SWAPPED, Reason.BIRTH_DIGIT, Reason.BIRTH_DECADE,
            Reason.BIRTH_YEAR_OFF, Reason.BIRTH_ONE_PART, Reason.BIRTH_DIFFERS,
        ),
        Field.SEX: (SAME, Reason.SEX_DIFFERS),
        Field.ID_NUMBER: (
            SAME, Reason.ID_NUMBER_FORMER, Reason.ID_NUMBER_FORMER_SHARED,
            Reason.ID_NUMBER_LEADING_ZEROS, Reason.ID_NUMBER_TRANSPOSED, Reason.ID_NUMBER_TYPO,
            Reason.ID_NUMBER_OTHER_KIND, Reason.ID_NUMBER_DIFFERS,
        ),
    }
)  # fmt: skip
"""The likenesses of every field that a model must know, by their codes."""


_TERMS: Final[Mapping[Field, tuple[str, ...]]] = MappingProxyType(
    {
        Field.BIRTH: (
            SAME, Reason.BIRTH_FIRST_OF_JANUARY, Reason.BIRTH_YEAR_ONLY, Reason.BIRTH_MONTH_ONLY,
        ),
        Field.SEX: (),
        Field.ID_NUMBER: (),
    }
)  # fmt: skip
"""The likenesses in which a day, month or year agrees; those of names have all a frequency."""


class Scale(StrEnum):
    """What the probability between two people (u) is to be multiplied with."""

    FIXED = "fixed"
    """Nothing: it is the probability."""
    TERM = "term"
    """The share of people who have that name, or were born then."""
    PERSON = "person"
    """One in so many people as the registry holds: the likeness singles one out."""


@attrs.frozen
class Chance:
    """How probable a likeness is: ``m`` between two records of one person, ``u`` of two people."""

    m: float
    u: float
    scale: Scale = attrs.field(default=Scale.FIXED, converter=Scale)

    def __attrs_post_init__(self) -> None:
        if not (0 < self.m <= 1 and self.u > 0 and 0 < self.m / self.u < inf):
            raise ModelError("a probability must be above 0: smooth the counts it comes from")

    @property
    def bits(self) -> float:
        """The weight before the scale: log2 of m/u."""
        return log2(self.m / self.u)


Chances: TypeAlias = Mapping[Field, Mapping[str, Chance]]


def _frozen(chances: Chances) -> Chances:
    return MappingProxyType(
        {Field(field): MappingProxyType(dict(table)) for field, table in chances.items()}
    )


@attrs.frozen
class Model:
    """A named and versioned set of chances, and what weight is enough.

    ``coverage`` is the share of claims whose person the registry holds. An entry is identified if
    its weight reaches ``threshold`` and exceeds that of any other by ``margin``; below ``possible``
    it is not even a candidate. All three are in bits: 10 bits are odds of 1,024 to 1.
    """

    name: str
    version: int
    coverage: float
    threshold: float
    margin: float
    possible: float
    chances: Chances = attrs.field(repr=False, converter=_frozen)

    def __attrs_post_init__(self) -> None:
        if not 0 < self.coverage < 1:
            raise ModelError("a model's coverage lies between 0 and 1")
        if not all(map(isfinite, (self.threshold, self.margin, self.possible))):
            raise ModelError("a model's threshold, margin and possible weight are numbers of bits")
        if not (self.margin > 0 and self.possible <= self.threshold):
            raise ModelError("a model's margin is above 0, and `possible` not above its threshold")
        for field, codes in CODES.items():
            table = self.chances.get(field, {})
            missing = [code for code in codes if code not in table]
            if missing:
                raise ModelError(f"the model says nothing of {', '.join(missing)} ({field})")
            if len(table) > len(codes):
                raise ModelError(f"the model has likenesses that no comparison gives ({field})")
            for code, chance in table.items():
                if chance.scale is Scale.TERM and code not in _TERMS.get(field, codes):
                    raise ModelError(f"{code} has no frequency to scale by ({field})")

    def __reduce__(self) -> tuple[object, ...]:
        # mapping proxies cannot be pickled
        chances = {field: dict(table) for field, table in self.chances.items()}
        numbers = (self.coverage, self.threshold, self.margin, self.possible)
        return Model, (self.name, self.version, *numbers, chances)

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"

    def to_json(self) -> str:
        """Write the model as JSON, the same text for the same model."""
        content = {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "coverage": self.coverage,
            "threshold": self.threshold,
            "margin": self.margin,
            "possible": self.possible,
            "chances": {
                field.value: {
                    code: {"m": chance.m, "u": chance.u, "scale": chance.scale.value}
                    for code in CODES[field]
                    if (chance := table[code])
                }
                for field in Field
                if (table := self.chances[field])
            },
        }
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, /) -> Model:
        """Read a model from its JSON.

        >>> Model.from_json(default_model().to_json()) == default_model()
        True
        """
        try:
            content: dict[str, Any] = json.loads(text)
            if content["format"] != FORMAT:
                raise ModelError(f"a model of format {content['format']}; this reads {FORMAT}")
            if not (isinstance(content["name"], str) and type(content["version"]) is int):
                raise TypeError
            return cls(
                name=content["name"],
                version=content["version"],
                coverage=_number(content["coverage"]),
                threshold=_number(content["threshold"]),
                margin=_number(content["margin"]),
                possible=_number(content["possible"]),
                chances={
                    Field(field): {
                        code: Chance(_number(c["m"]), _number(c["u"]), Scale(c["scale"]))
                        for code, c in table.items()
                    }
                    for field, table in content["chances"].items()
                },
            )
        except (
            AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError,
        ) as error:  # fmt: skip
            raise ModelError(
                "this is not a model: its JSON lacks a part or has it wrong; "
                "write models with Model.to_json"
            ) from error


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError
    return float(value)


def code_of(likeness: Likeness) -> str:
    """Give the code under which a model knows a likeness.

    >>> from vnvaxmatch.compare import Level
    >>> code_of((Level.CLOSE, Reason.NAME_TYPO)), code_of((Level.SAME, None))
    ('name_typo', 'same')
    """
    return SAME if likeness[1] is None else likeness[1].value


@cache
def default_model() -> Model:
    """Give the model that ships with this version.

    >>> str(default_model())
    'default/1'
    """
    path = os.path.join(os.path.dirname(__file__), "data", "default.json")
    with open(path, encoding="utf-8") as file:
        return Model.from_json(file.read())
