"""What an answer shows of whoever asked does not depend on what they leave out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim, Entry, match
from vnvaxmatch.backends import Exact, MemoryRegistry
from vnvaxmatch.policy import Outcome, strict
from vnvaxmatch.server.guards import Sight, sight_of
from vnvaxmatch.testing import claim_of, claims, populations

TEXTS = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ", "id_number": "001185000123"}
ENTRY, _ = Entry.read(key="1", **TEXTS)
TWIN, _ = Entry.read(key="2", **{**TEXTS, "name": "Trần Thị Mẫu"})


def seen(*entries: Entry, **changes: str) -> Sight | None:
    """Ask about the one of the texts, with some of them changed."""
    claim = Claim.read(**{**TEXTS, **changes})
    verdict = match(claim, by=Exact(), against=MemoryRegistry(entries), policy=strict)
    return sight_of(verdict, policy=strict)


@pytest.mark.parametrize(
    ("changes", "found", "agreed"),
    [
        ({}, True, True),
        ({"name": "Trần Thị Thứ"}, True, False),
        ({"birth": "11/11/1985"}, True, False),
        ({"sex": "Nam"}, True, False),
        ({"sex": ""}, True, True),
        ({"sex": "", "birth": "11/11/1985"}, True, False),
        ({"name": ""}, True, False),
        ({"birth": ""}, True, False),
        ({"name": "", "birth": "", "sex": ""}, True, False),
        ({"id_number": "001185000124"}, False, False),
        ({"id_number": "001185000124", "sex": ""}, False, False),
        ({"id_number": "001185000124", "name": "", "birth": "", "sex": ""}, False, False),
    ],
    ids=str,
)
def test_what_is_left_out_hides_nothing(changes: dict[str, str], found: bool, agreed: bool) -> None:
    """A claim with gaps shows who was found, and that only who states name and birth knows them."""
    assert seen(ENTRY, **changes) == Sight(found, agreed)


def test_several_who_share_a_number_were_found() -> None:
    """A number that several hold exists, also where none of them is meant."""
    assert seen(ENTRY, TWIN, name="Trần Thị Khác") == Sight(found=True, agreed=False)
    assert seen(ENTRY, TWIN) == Sight(found=True, agreed=True)


@pytest.mark.parametrize("number", ["", "123", "không có"])
def test_without_a_number_nobody_was_looked_up(number: str) -> None:
    """Where nothing was asked of the registry there is nothing to see."""
    assert seen(ENTRY, id_number=number) is None


@given(population=populations(), claim=claims(), at=st.integers(0, 7))
def test_a_sight_follows_from_the_verdict(population: list[Entry], claim: Claim, at: int) -> None:
    """What matched agreed; what mismatched or was not found did not; who agreed was found."""
    asked = claim_of(population[at]) if at < len(population) else claim
    verdict: Any = match(asked, by=Exact(), against=MemoryRegistry(population), policy=strict)

    sight = sight_of(verdict, policy=strict)

    if verdict.outcome is Outcome.MATCHED:
        assert sight == Sight(found=True, agreed=True)
    if verdict.outcome is Outcome.MISMATCHED:
        assert sight == Sight(found=True, agreed=False)
    if verdict.outcome is Outcome.NOT_FOUND:
        assert sight == Sight(found=False, agreed=False)
    assert sight is None or sight.found or not sight.agreed
