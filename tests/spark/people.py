"""A small population and a list with all that is hard about joins, made of parts."""

from itertools import product

import pyarrow as pa
import pyarrow.parquet as pq

from tests.bulk.lists import BIRTHS, NAMES, NUMBERS
from vnvaxmatch.blocking import CAPS, KeyKind
from vnvaxmatch.bulk import InputOptions, build_registry
from vnvaxmatch.bulk.runs import open_doses
from vnvaxmatch.synthetic import synthesize

CROWD = {"full_name": "Trần Thử", "date_of_birth": "1/2/1985", "sex": "nữ", "phone": "0912345678"}
SHARED = "001185000123"


def crowds():
    """People of whom more share a key than its cap allows, and just as many as it allows."""
    over = CAPS[KeyKind.BIRTH_SEX_GIVEN] + 1
    people = [{**CROWD, "entry_key": f"c{n}"} for n in range(CAPS[KeyKind.FOLD_BIRTH] + 1)]
    people += [
        {"entry_key": f"g{n}", "full_name": f"{surname} Hùng", "date_of_birth": "01/01/1960",
         "sex": "nam" if n % 2 else ""}
        for n, surname in zip(range(over), ("Lê", "Đỗ", "Ma", "Vì") * over, strict=False)
    ]  # fmt: skip
    people += [
        {"entry_key": f"f{n}", "full_name": "Lò Thị Sen", "date_of_birth": f"{n + 1900}",
         "sex": "nữ", "former_id_number": SHARED} for n in range(CAPS[KeyKind.FORMER_NUMBER] + 1)
    ]  # fmt: skip
    people += [
        {"entry_key": f"p{n}", "full_name": f"Phan {'ABCDEGHIKL'[n % 10]}n", "sex": "nữ",
         "date_of_birth": f"{n % 28 + 1}/3/1970", "phone": "0987654321"}
        for n in range(CAPS[KeyKind.PHONE])
    ]  # fmt: skip
    people += [
        {"entry_key": "x", "full_name": "Trần Thử", "date_of_birth": "3/1/1985", "sex": "nữ",
         "id_number": SHARED},
        {"entry_key": "t1", "full_name": "Vi Thị Én", "date_of_birth": "5/6/2001", "sex": "nữ",
         "id_number": "001301000111", "former_id_number": "123456789;001301000111"},
        {"entry_key": "t2", "full_name": "Vi Thị Ến", "date_of_birth": "5/6/2001", "sex": "nữ",
         "id_number": "001301000112", "former_id_number": "123456789"},
    ]  # fmt: skip
    return people


def asking():
    """Rows about them, and rows of every damage."""
    rows = [
        {"full_name": name, "date_of_birth": born, "sex": sex, "id_number": held, "phone": phone}
        for name, born, sex, held, phone in product(
            ("Trần Thử", "Lê Hùng"),
            ("1/2/1985", "1985", "3/1/1985", "01/01/1960", ""),
            ("nữ", ""),
            ("", SHARED, "001185000132"),
            ("", "0912345678"),
        )
    ]
    rows += [
        {"full_name": "Vi Thị Én", "date_of_birth": "5/6/2001", "sex": "nữ", "id_number": held}
        for held in ("123456789", "001301000111", "001301000112", "001301000121", "")
    ]
    rows += [
        {"full_name": name, "date_of_birth": born, "sex": "Nam", "id_number": number,
         "nationality": "Lào" if at % 5 == 0 else "", "phone": "0987654321" if at % 3 else ""}
        for at, (name, born, number) in enumerate(
            zip(NAMES * 3, BIRTHS * 3, NUMBERS * 3, strict=False)
        )
    ]  # fmt: skip
    return rows


def written(folder, *, people, doses):
    """Write a population, a list of texts with numbered rows, and the registries of one machine.

    Returns the paths by their names.
    """
    synthesize(people=people, doses=doses, seed=11, out=folder / "made")
    some = pq.read_table(folder / "made" / "population.parquet")
    more = pa.Table.from_pylist(
        [{name: person.get(name, "") for name in some.schema.names} for person in crowds()],
        schema=some.schema,
    )
    population = folder / "population.parquet"
    pq.write_table(pa.concat_tables([some, more]), population)
    batches = list(open_doses(folder / "made" / "doses.csv", InputOptions()).batches)
    texts = pa.Table.from_batches(batches)
    hard = [
        {name: row.get(name, "") if name != "unreadable" else False for name in texts.schema.names}
        for row in asking()
    ]
    texts = pa.concat_tables([texts, pa.Table.from_pylist(hard, schema=texts.schema)])
    texts = texts.append_column("row", pa.array(range(1, texts.num_rows + 1), pa.int64()))
    pq.write_table(texts, folder / "texts.parquet")
    for suffix in ("duckdb", "sqlite"):
        build_registry(population, out=folder / f"registry.{suffix}")
    return {
        "population": population,
        "doses": folder / "texts.parquet",
        "duckdb": folder / "registry.duckdb",
        "sqlite": folder / "registry.sqlite",
    }
