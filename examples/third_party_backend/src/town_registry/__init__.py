"""The people of one town, in a CSV file as the town keeps it: a registry backend for vnvaxmatch."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from vnvaxmatch import Entry, Found, Key
from vnvaxmatch.blocking import keys
from vnvaxmatch.errors import RegistryError

__all__ = ["TownRegistry", "write_people"]

COLUMNS = (
    "key",
    "name",
    "birth",
    "sex",
    "id_number",
    "former_id_number",
    "commune",
    "phone",
)


class TownRegistry:
    """People of a CSV file, filed under their keys when it is opened."""

    def __init__(self, path: str | Path) -> None:
        self._blocks: defaultdict[Key, list[Entry]] = defaultdict(list)
        try:
            with Path(path).open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    entry, _ = Entry.read(**{column: row[column] for column in COLUMNS})
                    for key in keys(entry):
                        self._blocks[key].append(entry)
        except (OSError, UnicodeError, KeyError, csv.Error) as error:
            raise RegistryError(
                f"cannot read the people of {path}: {type(error).__name__}"
            ) from error

    def find(self, keys: Sequence[Key], /) -> Found:
        """Give every entry that has one of the keys."""
        return Found.of_blocks((key, self._blocks.get(key, [])) for key in keys)


def write_people(path: str | Path, entries: Iterable[Entry]) -> None:
    """Write entries as the CSV file that :class:`TownRegistry` reads."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for entry in entries:
            former = ";".join(map(str, entry.former_numbers))
            cells = (entry.name, entry.birth, entry.sex, entry.number, former, entry.commune)
            writer.writerow([entry.key, *cells, entry.phone])
