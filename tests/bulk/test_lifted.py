"""Rules lifted over columns, each by itself: a cell gets what the scalar rule gives it alone."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vnvaxmatch import normalize
from vnvaxmatch.bulk.births import BirthReader
from vnvaxmatch.bulk.lift import Interner, figures
from vnvaxmatch.bulk.names import NameReader
from vnvaxmatch.bulk.numbers import NO_NUMBER, SEXES, NumberReader
from vnvaxmatch.bulk.own import Own, own_of
from vnvaxmatch.bulk.ranking import rank
from vnvaxmatch.outcome import Normalized, Reason
from vnvaxmatch.records import number_gap, reading_gap
from vnvaxmatch.testing import misspelt, names

LAYOUTS = ("{2:02}/{1:02}/{0:04}", "{0:04}-{1:02}-{2:02}", "{2}/{1}/{0}", "{2:02}-{1:02}-{0:04}")
"""The two that columns read, and two that only the scalar rule does."""

WORDS = (
    "Nguyễn", "VĂN", "an", "Anh", "Ông", "Đồng", "chí", "Sĩ", "BS", "bé", "cô", "Y", "H'", "K'",
    "Ka", "Ý", "N", "Ng.", "A~", "Nguyễng", "McDonald", "Đinhh", "Hungf", "NguyÔn", "Hòa", "HOÀ",
    "3", "không", "rõ", "test", "CB", "(CB)", "", "Müller", "Lư", "Guðrún", "ThẢo", "Trần", "x",
)  # fmt: skip
"""Words that speak for themselves, and those that mean something else beside others."""


def written_dates():
    """Dates, and what looks like one, in a layout; many around the edges of months and years."""
    parts = st.tuples(
        st.one_of(st.integers(1895, 1905), st.integers(1840, 2210), st.integers(2019, 2101)),
        st.integers(0, 14),
        st.one_of(st.integers(0, 33), st.integers(27, 31)),
    )
    return st.builds(lambda layout, ymd: layout.format(*ymd), st.sampled_from(LAYOUTS), parts)


@given(
    st.lists(
        st.tuples(
            st.one_of(written_dates(), misspelt(written_dates())),
            st.one_of(st.none(), st.dates(date(2019, 1, 1), date(2026, 12, 31))),
        ),
        min_size=1,
    )
)
@example([("00/01/1901", date(2019, 1, 1)), ("01/1902", date(2023, 1, 1))])
def test_births_read_in_a_column_are_those_read_alone(cells):
    """The code, the gap, the doubts and the changes of every cell, with or without a day."""
    owns: Interner[Own] = Interner()
    reference = [0 if day is None else int(day.strftime("%Y%m%d")) for _, day in cells]

    codes, own = BirthReader(owns).read(
        pa.array([text for text, _ in cells]), reference=np.array(reference)
    )

    for (text, day), code, number in zip(cells, codes.tolist(), own.tolist(), strict=True):
        alone = normalize.birth(text, reference_date=day)
        assert code == (alone.value.code if isinstance(alone, Normalized) else 0)
        assert owns.things[number] == own_of(alone, reading_gap(alone, Reason.BIRTH_MISSING))


@pytest.mark.parametrize("layout", LAYOUTS[:2])
def test_every_day_of_three_centuries_is_read_as_it_is_alone(layout):
    """No day of the calendar, nor one beyond its month, differs between a column and a cell."""
    days = [date(1849, 12, 25) + timedelta(days=7 * week) for week in range(18_300)]
    ends = [(y, m, d) for y in range(1896, 2105, 3) for m in (1, 2, 4, 12) for d in range(28, 33)]
    texts = [layout.format(d.year, d.month, d.day) for d in days]
    texts += [layout.format(*end) for end in ends]
    owns: Interner[Own] = Interner()

    codes, own = BirthReader(owns).read(pa.array(texts), reference=np.zeros(len(texts), np.int64))

    alone = [normalize.birth(text) for text in texts]
    assert codes.tolist() == [a.value.code if isinstance(a, Normalized) else 0 for a in alone]
    assert [owns.things[number] for number in own.tolist()] == [
        own_of(a, reading_gap(a, Reason.BIRTH_MISSING)) for a in alone
    ]


@given(
    st.lists(
        st.one_of(
            st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
            misspelt(names()),
            names().map(str),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([None, *normalize.Encoding]),
)
def test_names_read_in_a_column_are_those_read_alone(texts, encoding):
    """Text, key, fold, gap, doubts and changes of every name, whatever its column was voted."""
    reader = NameReader(encoding, fields=("text", "key", "fold"), newborns=True)

    read = reader.read(pa.array(texts))

    columns = (read.text, read.key, read.fold)
    for at, text in enumerate(texts):
        alone = normalize.name(text, encoding=encoding)
        gap, doubts, changes = read.metas[read.meta[at]]
        cells = tuple(column[at].as_py() for column in columns)
        if isinstance(alone, Normalized):
            value = alone.value
            assert cells == (value.text, value.key, value.fold)
            assert (doubts, changes) == (alone.doubts, alone.changes)
            assert gap is (Reason.NAME_OF_MOTHER if value.newborn else None)
        else:
            assert cells == ("", "", "")
            assert gap is reading_gap(alone, Reason.NAME_MISSING)


@given(st.text(st.characters(categories=["L", "M", "Zs"]), max_size=40))
def test_a_name_of_letters_alone_has_no_sign_of_an_abbreviation(text):
    """No repair puts a dot or a tilde into a name: comparisons in columns look for none."""
    reading = normalize.name(text)

    assert not isinstance(reading, Normalized) or not {".", "~"} & set(reading.value.text)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(["", " ", "không có"]), st.from_regex("[0-9]{8,13}")),
            st.sampled_from([0, 19851110, 19450000, 20100500]),
            st.sampled_from(range(len(SEXES))),
        ),
        min_size=1,
    )
)
def test_numbers_read_in_a_column_are_those_read_alone(cells):
    """The code, the gap and the doubts of every number, an empty cell's too, whoever it is of."""
    owns: Interner[Own] = Interner()
    births, sexes = (np.array(part, np.int64) for part in list(zip(*cells, strict=True))[1:])

    owns.number(Own())
    codes, own = NumberReader(owns).read(
        pa.array([text for text, _, _ in cells]), birth=births, sex=sexes
    )

    for (text, birth, sex), code, number in zip(cells, codes.tolist(), own.tolist(), strict=True):
        born = normalize.BirthDate.from_code(birth) if birth else None
        alone = normalize.id_number(text, birth=born, sex=SEXES[sex])
        assert code == (alone.value.code if isinstance(alone, Normalized) else NO_NUMBER)
        assert owns.things[number] == own_of(alone, number_gap(alone, child=False))


@given(st.lists(st.text("0a/é", max_size=4), max_size=12), st.integers(0, 12), st.integers(1, 4))
def test_figures_are_the_bytes_of_the_texts_of_one_size(texts, start, size):
    """Those of so many bytes, where they stand, and no other; also in a slice of a column."""
    column = pa.array(texts, pa.string()).slice(min(start, len(texts)))

    rows, signs = figures(column, size)

    raw = [text.encode() for text in column.to_pylist()]
    assert rows.tolist() == [at for at, text in enumerate(raw) if len(text) == size]
    assert [bytes(row.tolist()) for row in signs] == [text for text in raw if len(text) == size]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.sampled_from([-1.5, 0, 2]))),
    st.booleans(),
)
def test_pairs_rank_by_weight_then_key(pairs, in_order):
    """The heaviest of a row first, among equals by entry key, an entry once: as a sort says it."""
    pairs = sorted(pairs, key=lambda pair: pair[0]) if in_order else pairs
    row = np.array([pair[0] for pair in pairs], np.int64)
    weight = np.array([pair[2] for pair in pairs], np.float64)

    ranking = rank(row, pa.array([pair[1] for pair in pairs], pa.string()), weight, rows=6)

    for number in range(6):
        first: dict[str, int] = {}
        for place, (of, key, _) in enumerate(pairs):
            if of == number:
                first.setdefault(key, place)
        expected = sorted(first.values(), key=lambda place: (-pairs[place][2], pairs[place][1]))
        assert ranking.places(number) == expected
