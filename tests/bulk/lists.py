"""Lists that break every rule, with the people of their registry; and ways to read them."""

from datetime import date

import attrs
import pyarrow as pa
from hypothesis import strategies as st

from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.sources.source import UNREADABLE
from vnvaxmatch.normalize import Encoding, IdNumber, Vintage
from vnvaxmatch.records import Entry
from vnvaxmatch.testing import births, entries, names
from vnvaxmatch.testing.strategies import texts

__all__ = ["NAMES", "lists", "rules"]

NUMBERS = (
    "001085000123", "1085000123", "79185000456", "011234567", "11234567", "271450001", "0912345678",
    "1.08500E+09", "79185000456.0", "OO1O85OOO123", "B1234567", "******000123", "000000000000", "x",
)  # fmt: skip
NAMES = (
    "NguyÔn V¨n Hïng", "Nguyeãn Vaên Huøng", "Nguyá»…n Há»“ng", "Nguyeenx Vawn Hungf",
    "Ông Hoàng", "(CB) Trần Thị Thử", "Y-Bhăm Niê", "Mă Văn Lư", "Ng. Văn An", "không rõ",
    "H'Hen Niê", "a" * 160,
)  # fmt: skip
BIRTHS = (
    "10/11/1985", "11/25/1990", "1985", "00/00/1945", "31362", "5/3/60", "31/02/1985", "01/01/1960",
    "1985-11-10 00:00:00", "10/2021", "15/06/2021", "1/1/1899", "12/12/12",
    "ngày 10 tháng 11 năm 1985",
)  # fmt: skip
OTHERS = {
    "sex": ("Nam", "nữ", "1", "N", "Nöõ", "khác"),
    "nationality": ("Việt Nam", "VN", "Mỹ", "Lào", "?"),
    "commune": ("00097", "Phường Phúc Xá", "Phường Cống Vị", "97", "nowhere"),
    "district": ("Quận Ba Đình", "Ba Đình"),
    "province": ("Hà Nội", "Thành phố Hồ Chí Minh"),
    "vaccine": ("AstraZeneca", "pfizer", "astra zenica", "?"),
    "dose_number": ("1", "mũi 2", "9", "nhắc lại"),
    "dose_date": ("10/08/2021", "01/01/2020", "30/12/2050", "2021", "08/03/2021"),
    "record_id": ("A1", "=1+1", ""),
}


@st.composite
def lists(draw):
    """People who share numbers, and rows that state theirs, somebody else's, damage or anything."""
    people = draw(st.lists(entries(), min_size=1, max_size=5, unique_by=lambda e: e.key))
    held = [n for p in people for n in (p.number, *p.former_numbers) if n is not None]
    if held and draw(st.booleans()):
        # one number in several hands, now or formerly
        shared = draw(st.sampled_from(held))
        people.append(Entry(key="zz", name=people[0].name, birth=people[0].birth, number=shared))
        people.append(Entry(key="zy", name=people[-1].name, former_numbers=(shared,)))
    if draw(st.booleans()):
        # a twin, a namesake born the same day, a child under the same name and phone
        one = draw(st.sampled_from(people))
        twin = draw(names())
        people.append(attrs.evolve(one, key="zt", name=twin, number=_next(one.number)))
        people.append(attrs.evolve(one, key="zn", number=None, former_numbers=()))
        people.append(attrs.evolve(one, key="zc", birth=draw(births()), number=None))
    known = {
        "full_name": [str(p.name) for p in people if p.name] + list(NAMES),
        "date_of_birth": [str(p.birth) for p in people if p.birth] + list(BIRTHS),
        "id_number": [str(number) for number in held] * 3 + list(NUMBERS),
        "phone": [str(p.phone) for p in people if p.phone] + ["0912345678", "x"],
        **OTHERS,
    }
    cells = {
        column: st.one_of(
            st.sampled_from(values),
            st.sampled_from(values),
            st.just(""),
            names().map(str) if column == "full_name" else st.just(""),
            texts().map(lambda text: text.encode("utf-8", "replace").decode()),
        )
        for column, values in known.items()
    }
    rows = draw(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=12))
    marks = draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    columns = {column: pa.array([row[column] for row in rows], pa.string()) for column in cells}
    batch = pa.RecordBatch.from_pydict({**columns, UNREADABLE: pa.array(marks)})
    return people, batch


def _next(number):
    """The number beside this one, as twins have."""
    return number and IdNumber.from_code(number.code + (1 if number.code % 10 < 9 else -1))


def rules():
    """Ways to read a list."""
    return st.builds(
        ReadingRules,
        reference=st.sampled_from([None, date(2021, 12, 31), date(2035, 6, 1)]),
        encoding=st.sampled_from([None, None, Encoding.TCVN3, Encoding.CP1258, Encoding.VNI]),
        vintage=st.sampled_from([None, *Vintage]),
    )
