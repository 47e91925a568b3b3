"""The access log holds one honest line a request, and never what was asked about."""

import io
import json
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch.server.guards import AccessLog

NOON = datetime(2021, 11, 5, 12, tzinfo=UTC)
LINE = {"client": "clinic", "method": "POST", "route": "/osia/v1/persons/{uin}/verify",
        "status": 200, "seconds": 0.0031, "size": 4}  # fmt: skip


def written(**changes: object) -> str:
    """Write one line and give it."""
    stream = io.StringIO()
    AccessLog(stream, clock=lambda: NOON).write(**{**LINE, **changes})
    return stream.getvalue()


@given(client=st.text(), method=st.text(), route=st.text())
def test_every_line_is_one_line_of_json(client: str, method: str, route: str) -> None:
    """No text, whoever chose it, breaks a line, forges another, or leaves ASCII that prints."""
    text = written(client=client, method=method, route=route)

    assert text.endswith("\n")
    assert text[:-1].isascii()
    assert text[:-1].isprintable()
    read = json.loads(text)
    assert list(read) == ["time", "client", "method", "route", "status", "ms", "bytes"]
    assert read["client"] == client[:200]


@pytest.mark.parametrize(
    "evil",
    ["a\nb", "a\r\n{}", "\x1b[2Jx", "\x7f", "\x00", "\u2028", "\x85", "a\tb", '"}', "\ud800"],
    ids=ascii,
)
def test_a_client_cannot_forge_lines(evil: str) -> None:
    """Control characters, terminal escapes and quotes come out escaped, and read back the same."""
    text = written(client=evil)

    assert len(text.splitlines()) == 1
    assert text[:-1].isprintable()
    assert json.loads(text)["client"] == evil


@pytest.mark.parametrize(
    "path",
    ["/osia/v1/persons/001085000123/verify", "/osia/v1/persons/011234567/match", "/0010850"],
)
def test_a_path_that_slips_through_holds_no_number(path: str) -> None:
    """Digits in a row are taken out of a route: no template has any."""
    text = written(route=path)

    assert not any(run in text for run in ("001085000123", "011234567", "0010850"))
    assert "#" in json.loads(text)["route"]


def test_a_method_may_not_be_a_message() -> None:
    """A method that nobody knows is not repeated."""
    assert json.loads(written(method="001085000123"))["method"] == "other"


def test_times_are_in_utc() -> None:
    """Whatever zone the clock has, lines can be sorted by their time."""
    stream = io.StringIO()
    hanoi = NOON.astimezone(timezone(timedelta(hours=7)))

    AccessLog(stream, clock=lambda: hanoi).write(**LINE)

    assert json.loads(stream.getvalue())["time"] == "2021-11-05T12:00:00.000Z"


def test_a_stream_that_fails_is_no_reason_not_to_answer() -> None:
    """Lines that cannot be written are counted, and nothing is raised."""
    stream = io.StringIO()
    log = AccessLog(stream, clock=lambda: NOON)
    stream.close()

    log.write(**LINE)

    assert log.lost == 1


def test_lines_of_several_threads_do_not_mix() -> None:
    """Each line stands whole."""

    class Slow(io.StringIO):
        """A stream that takes a text apart, as a pipe may."""

        def write(self, text: str) -> int:
            half = len(text) // 2
            return super().write(text[:half]) + super().write(text[half:])

    stream = Slow()
    log = AccessLog(stream, clock=lambda: NOON)

    def work(name: str) -> None:
        for _ in range(200):
            log.write(**{**LINE, "client": name})

    threads = [threading.Thread(target=work, args=(name * 50,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 800
    assert {line["client"] for line in lines} == {name * 50 for name in "abcd"}
