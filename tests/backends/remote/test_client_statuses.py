"""The one table of what statuses and failures mean, in code and on its page."""

import re
from pathlib import Path

import attrs
import pytest

from vnvaxmatch.backends.remote import UNDETERMINED, Failure, Limits, Meaning
from vnvaxmatch.backends.remote.status import FAILURES, STATUSES, Rule, meaning_of, rule_of
from vnvaxmatch.errors import UnreachableError

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "statuses.md"


def test_every_status_and_every_failure_has_its_rule() -> None:
    """Nothing that comes back is without a meaning."""
    assert set(FAILURES) == set(Failure)
    for status in (*range(1000), 10**9, -1):
        assert rule_of(status).meaning in Meaning


def test_no_error_is_an_answer() -> None:
    """Only a status that the codec reads is one; a failure never is."""
    assert not [s for s in range(1000) if meaning_of(s) is Meaning.ANSWER]
    assert not [f for f in Failure if meaning_of(f, answers=range(1000)) is Meaning.ANSWER]


def test_retries_end_undetermined_and_stops_do_not() -> None:
    """What is asked again ends as an error that one row has; what stops ends the run."""
    for rule in (*STATUSES.values(), *FAILURES.values()):
        retry = rule.meaning is Meaning.RETRY
        assert retry == (rule.error is UnreachableError) == (rule.error in UNDETERMINED)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Meaning.STOP), (301, Meaning.STOP), (307, Meaning.STOP), (400, Meaning.STOP),
        (401, Meaning.REFRESH), (403, Meaning.STOP), (404, Meaning.STOP), (408, Meaning.RETRY),
        (422, Meaning.STOP), (425, Meaning.RETRY), (429, Meaning.RETRY), (500, Meaning.RETRY),
        (501, Meaning.STOP), (502, Meaning.RETRY), (503, Meaning.RETRY), (504, Meaning.RETRY),
        (505, Meaning.STOP), (520, Meaning.RETRY), (0, Meaning.STOP),
    ],
)  # fmt: skip
def test_statuses_mean_what_they_should(status: int, meaning: Meaning) -> None:
    """The table, spot by spot."""
    assert meaning_of(status) is meaning
    assert meaning_of(status, answers={status}) is Meaning.ANSWER


def row(first: str, rule: Rule) -> str:
    """Write one row of the page."""
    signs = [word for word, told in (("strain", rule.strain), ("down", rule.down)) if told]
    return (
        f"| {first} | {rule.meaning} | `{rule.error.__name__}` | {', '.join(signs)} | "
        f"{rule.says}; {rule.advice} |"
    )


def statuses(those: range) -> str:
    """Write a range as the page has it."""
    if len(those) == 1000:
        return "any other"
    return str(those[0]) if len(those) == 1 else f"{those[0]}-{those[-1]}"


def test_the_page_shows_the_table() -> None:
    """The page of reference has each row of the code, in its order, and no other."""
    want = [row(statuses(those), rule) for those, rule in STATUSES.items()]
    want += [row(f"`{failure}`", rule) for failure, rule in FAILURES.items()]
    text = PAGE.read_text("utf-8").partition("## Limits")[0]
    rows = re.findall(r"^\| (?:\d|`|any).*$", text, re.MULTILINE)
    assert rows == want


def test_the_page_shows_the_limits() -> None:
    """Each limit stands there with its default."""
    rows = re.findall(r"^\| `(\w+)` \| ([\w.]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    defaults = {name: str(value).lower() for name, value in attrs.asdict(Limits()).items()}
    assert dict(row for row in rows if row[0] in defaults) == defaults
