"""Made-up people, a block at a time: drawn as numbers, rendered as text where it is asked for.

A block depends on the seed, its own number and the size of the whole population alone, so blocks
can be made again, in any order, and never need each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vnvaxmatch.errors import InputError
from vnvaxmatch.synthetic.numbers import draw_numbers
from vnvaxmatch.synthetic.parts import names, places

__all__ = [
    "BLOCK",
    "MOST_PEOPLE",
    "People",
    "block_count",
    "generator",
    "name_texts",
    "people_block",
]

BLOCK = 65_536
"""People in a block, and rows of a list in a block."""

MOST_PEOPLE = 120_000_000
"""Above this the numbers of a large province could run out."""

LAST_BIRTH = date(2021, 12, 31)
_MINORITY_SHARE = 0.02
_TWO_MIDDLES = 0.22
_NO_MIDDLE = 0.03
_DEFAULT_DAY = 0.06
_DEFAULT_BEFORE = 1975
_YEAR_ONLY = 0.03
_YEAR_ONLY_BEFORE = 1960
_TWIN = 0.004
_NAMESAKE = 0.0005
_PHONE = 0.85
_AGE_BANDS = (0.085, 0.085, 0.08, 0.07, 0.065, 0.075, 0.085, 0.08, 0.075, 0.065, 0.06, 0.055,
              0.045, 0.03, 0.018, 0.012, 0.008, 0.004, 0.002, 0.001)  # fmt: skip
"""Shares of the five-year bands from birth on, roughly those of the census of 2019."""
_MOBILE = ("032", "033", "034", "035", "036", "037", "038", "039", "070", "076", "077", "078",
           "079", "081", "082", "083", "084", "085", "056", "058", "086", "088", "089", "090",
           "091", "093", "094", "096", "097", "098")  # fmt: skip
_SEVEN_DIGITS = 10_000_000

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@attrs.frozen(eq=False)
class People:
    """Some people, an array a trait; -1 where a person has none."""

    index: Ints
    """Which person of the population, from 0."""
    female: Bools
    surname: Ints
    middle: Ints
    second_middle: Ints
    given: Ints
    minority: Ints
    birth: npt.NDArray[np.datetime64]
    year_only: Bools
    commune: Ints
    commune_today: Ints
    number: Ints
    """The number held now: nine digits for some of the old, twelve for everybody else."""
    nine_digits: Bools
    cmnd: Ints
    """The former nine-digit number."""
    cancelled: Ints
    """A former twelve-digit number."""
    phone: Ints

    def __len__(self) -> int:
        return len(self.female)

    def take(self, which: Ints) -> People:
        """Pick people, in that order, several times if asked."""
        return People(**{trait.name: getattr(self, trait.name)[which] for trait in _TRAITS})

    @classmethod
    def concatenate(cls, some: Sequence[People]) -> People:
        """Put people together."""
        return cls(
            **{
                trait.name: np.concatenate([getattr(people, trait.name) for people in some])
                for trait in _TRAITS
            }
        )


_TRAITS = attrs.fields(People)


def block_count(total: int) -> int:
    """Count the blocks that hold ``total``."""
    return -(-total // BLOCK)


def generator(seed: int, *path: int) -> np.random.Generator:
    """Give the randomness of one block of one kind."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *path])))


def people_block(seed: int, block: int, *, total: int) -> People:
    """Draw one block of a population of ``total`` people.

    The block after the last one holds people who are not in the population.
    """
    if total > MOST_PEOPLE:
        raise InputError(f"at most {MOST_PEOPLE:,} people can be made up; ask for fewer")
    blocks = block_count(total) + 1
    size = BLOCK if block == blocks - 1 else min(BLOCK, total - block * BLOCK)
    rng = generator(seed, 1, block)
    female = rng.random(size) < 0.503
    birth = _births(rng, size)
    traits = _names(rng, female)
    province = places().provinces.draw(rng.random(size)).astype(np.int64)
    commune, today = _communes(rng, province)
    twin = _twins(rng, traits, birth, province, commune, today)
    _namesakes(rng, traits, female, birth)
    born = birth.astype("datetime64[Y]").astype(np.int64) + 1970
    numbers = draw_numbers(rng, female, born, province, twin, block=block, blocks=blocks)
    return People(
        index=np.arange(block * BLOCK, block * BLOCK + size),
        female=female,
        surname=traits["surname"],
        middle=traits["middle"],
        second_middle=traits["second_middle"],
        given=traits["given"],
        minority=traits["minority"],
        birth=birth,
        year_only=(born < _YEAR_ONLY_BEFORE) & (rng.random(size) < _YEAR_ONLY),
        commune=commune,
        commune_today=today,
        number=numbers["number"],
        nine_digits=numbers["nine_digits"].astype(np.bool_),
        cmnd=numbers["cmnd"],
        cancelled=numbers["cancelled"],
        phone=_phones(rng, size),
    )


def _births(rng: np.random.Generator, size: int) -> npt.NDArray[np.datetime64]:
    shares = np.cumsum(_AGE_BANDS)
    band = np.searchsorted(shares / shares[-1], rng.random(size), side="right")
    age_days = ((band + rng.random(size)) * 5 * 365.25).astype(np.int64)
    birth = np.datetime64(LAST_BIRTH) - age_days.astype("timedelta64[D]")
    year = birth.astype("datetime64[Y]")
    default = (year < np.datetime64(str(_DEFAULT_BEFORE))) & (rng.random(size) < _DEFAULT_DAY)
    return np.where(default, year.astype("datetime64[D]"), birth)


def _names(rng: np.random.Generator, female: Bools) -> dict[str, Ints]:
    size, parts = len(female), names()
    shape = rng.random(size)
    surname = parts.surnames.draw(rng.random(size)).astype(np.int64)
    drawn = rng.random((3, size))
    middle, second, given = (
        np.where(female, women.draw(row), men.draw(row)).astype(np.int64)
        for (men, women), row in zip(
            (parts.middles, parts.middles, parts.givens), drawn, strict=True
        )
    )
    middle[shape < _NO_MIDDLE] = -1
    second[(shape > _NO_MIDDLE + _TWO_MIDDLES) | (second == middle) | (middle < 0)] = -1
    first = (second == 0) | (second == 1)  # Thị and Văn come first
    middle[first], second[first] = second[first], middle[first]
    lengths = np.where(female, len(parts.minority[1]), len(parts.minority[0]))
    minority = (rng.random(size) * lengths).astype(np.int64)
    minority[rng.random(size) >= _MINORITY_SHARE] = -1
    return {
        "surname": surname, "middle": middle, "second_middle": second, "given": given,
        "minority": minority,
    }  # fmt: skip


def _communes(rng: np.random.Generator, province: Ints) -> tuple[Ints, Ints]:
    first = places().first
    size = first[province + 1] - first[province]
    commune = first[province] + (rng.random(len(province)) * size).astype(np.int64)
    options = np.asarray([len(codes) for codes in places().today])
    return commune, (rng.random(len(province)) * options[commune]).astype(np.int64)


def _twins(
    rng: np.random.Generator,
    traits: dict[str, Ints],
    birth: npt.NDArray[np.datetime64],
    *home: Ints,
) -> Ints:
    """Make some people the twin of the one before them: same surname, birth and home."""
    twin = np.flatnonzero(rng.random(len(birth)) < _TWIN)
    twin = twin[twin > 0]
    for trait in (traits["surname"], birth, *home):
        trait[twin] = trait[twin - 1]
    return twin


def _namesakes(
    rng: np.random.Generator,
    traits: dict[str, Ints],
    female: Bools,
    birth: npt.NDArray[np.datetime64],
) -> None:
    """Give some people the full name, sex and birthday of somebody who lives elsewhere."""
    size = len(birth)
    chosen = np.flatnonzero(rng.random(size) < _NAMESAKE)
    model = (chosen + size // 2) % size
    for trait in (*traits.values(), female, birth):
        trait[chosen] = trait[model]


def _phones(rng: np.random.Generator, size: int) -> Ints:
    prefix = np.asarray([int(p) for p in _MOBILE])[(rng.random(size) * len(_MOBILE)).astype(int)]
    phone = prefix * _SEVEN_DIGITS + (rng.random(size) * _SEVEN_DIGITS).astype(np.int64)
    return np.where(rng.random(size) < _PHONE, phone, -1)


@cache
def _items() -> tuple[pa.Array, ...]:
    parts = names()
    return tuple(
        pa.array(items, pa.string())
        for items in (
            parts.surnames.items, parts.middles[0].items, parts.middles[1].items,
            parts.givens[0].items, parts.givens[1].items, *parts.minority,
        )
    )  # fmt: skip


def _take(items: pa.Array, index: Ints, where: Bools) -> pa.Array:
    return items.take(pa.array(index, mask=~where | (index < 0)))


def name_texts(people: People) -> pa.Array:
    """Render full names.

    >>> block = people_block(1, 0, total=3)
    >>> len(name_texts(block))
    3
    """
    surname, men_middle, women_middle, men_given, women_given, men, women = _items()
    female, male, anyone = people.female, ~people.female, np.ones(len(people), dtype=np.bool_)

    def by_sex(of_men: pa.Array, of_women: pa.Array, index: Ints) -> pa.Array:
        return pc.coalesce(_take(of_men, index, male), _take(of_women, index, female))

    usual = pc.binary_join_element_wise(
        _take(surname, people.surname, anyone),
        by_sex(men_middle, women_middle, people.middle),
        by_sex(men_middle, women_middle, people.second_middle),
        by_sex(men_given, women_given, people.given),
        " ",
        null_handling="skip",
    )
    return pc.coalesce(by_sex(men, women, people.minority), usual)
