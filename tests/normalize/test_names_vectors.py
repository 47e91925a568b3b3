import json
from pathlib import Path
from typing import Any

import pytest

from vnvaxmatch.normalize.names import Encoding, name
from vnvaxmatch.outcome import Normalized, Rejected

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "names.json").read_text(encoding="utf-8")
)


def read(vector: dict[str, Any]) -> Any:
    encoding = vector.get("encoding")
    return name(vector["input"], encoding=Encoding(encoding) if encoding else None)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_vector(vector: dict[str, Any]) -> None:
    """Each recorded cell reads as recorded: text, key, parts, changes and doubts, or the reason."""
    reading = read(vector)

    if "reason" in vector:
        assert reading == Rejected(vector["reason"])
        return
    assert isinstance(reading, Normalized)
    assert reading.value.text == vector["expected"]
    assert [change.value for change in reading.changes] == vector["changes"]
    assert sorted(doubt.value for doubt in reading.doubts) == sorted(vector["doubts"])
    for part in ("key", "surname", "given"):
        assert getattr(reading.value, part) == vector.get(part, getattr(reading.value, part))


def test_ids_are_unique() -> None:
    """No two vectors share an id, since other languages refer to them by it."""
    ids = [vector["id"] for vector in VECTORS]

    assert len(ids) == len(set(ids))


def test_every_hard_case_of_names_has_a_vector() -> None:
    """The 28 hard cases of names are all there."""
    numbers = {vector["id"].split("-")[1] for vector in VECTORS if vector["id"].startswith("hard-")}

    assert numbers == {f"{number:02}" for number in range(1, 29)}
