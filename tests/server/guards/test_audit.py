"""No answer leaves without its line: record returns when it is durable, or raises."""

import asyncio
import hashlib
import hmac
import json
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import Claim
from vnvaxmatch.errors import InputError, LedgerError
from vnvaxmatch.ledger import Event, MemoryLedger, open_ledger
from vnvaxmatch.server.guards import Audit, AuditLine, Report, Walk, digest_of
from vnvaxmatch.server.guards.audit import STREAM
from vnvaxmatch.testing import claims

KEY = bytes(range(32))
NOON = datetime(2021, 11, 5, 12, tzinfo=UTC)
TEXTS = {"name": "Trần Thị Thử", "birth": "10/11/1985", "sex": "Nữ", "id_number": "001185000123"}


def line(claim: str = "00", **changes: str) -> AuditLine:
    """Make a line."""
    said = {"client": "clinic", "codec": "osia", "operation": "verify", "outcome": "matched",
            "disclosed": "verdict", "claim": claim}  # fmt: skip
    return AuditLine(**{**said, **changes})


class Watched:
    """A ledger that counts its transactions, and waits or fails when it is told to."""

    def __init__(self) -> None:
        self.kept = MemoryLedger()
        self.sizes: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None

    def append(
        self, events: Iterable[Event], /, *, expected: Mapping[str, int] | None = None
    ) -> tuple[int, ...]:
        """Append when the gate is open, unless it is to fail."""
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        some = list(events)
        self.sizes.append(len(some))
        return self.kept.append(some, expected=expected)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kept, name)


def audited(ledger: Any, work: Any, **options: Any) -> Any:
    """Run some work with an audit that is started before and stopped after."""

    async def run() -> Any:
        audit = Audit(ledger, key=KEY, clock=lambda: NOON, **options)
        await audit.start()
        try:
            return await work(audit)
        finally:
            await audit.stop()

    return asyncio.run(run())


def test_a_line_is_there_when_record_returns() -> None:
    """Whoever waited for the line finds it in the ledger, with what was said."""
    ledger = MemoryLedger()

    async def work(audit: Audit) -> None:
        await audit.record(line("ab"))
        assert ledger.size == 1

    audited(ledger, work)

    (recorded,) = ledger.read(STREAM)
    assert (recorded.event.kind, recorded.event.at) == ("question", NOON)
    assert recorded.event.data == {
        "client": "clinic", "codec": "osia", "operation": "verify", "outcome": "matched",
        "disclosed": "verdict", "claim": "ab",
    }  # fmt: skip


def test_a_report_is_written_too() -> None:
    """That a client walks stands in the ledger, without a number."""
    ledger = MemoryLedger()

    async def work(audit: Audit) -> None:
        await audit.record(Report("clinic", Walk.MISSES, 100))

    audited(ledger, work)

    (recorded,) = ledger.read(STREAM)
    assert recorded.event.kind == "walk"
    assert recorded.event.data == {"client": "clinic", "walk": "misses", "count": 100}


def test_record_does_not_return_before_the_ledger_is_sure() -> None:
    """While the ledger takes its time, the line is still waited for."""
    ledger = Watched()
    ledger.gate.clear()

    async def work(audit: Audit) -> None:
        writing = asyncio.create_task(audit.record(line()))
        await asyncio.sleep(0.05)
        assert not writing.done()
        assert audit.waiting == 1
        ledger.gate.set()
        await writing
        assert audit.waiting == 0

    audited(ledger, work)


def test_lines_that_wait_go_together_in_their_order() -> None:
    """While one transaction is written the others gather, and go in few more."""
    ledger = Watched()
    ledger.gate.clear()

    async def work(audit: Audit) -> None:
        writing = [asyncio.create_task(audit.record(line(f"{n:04x}"))) for n in range(500)]
        await asyncio.sleep(0.05)
        ledger.gate.set()
        await asyncio.gather(*writing)

    audited(ledger, work, most_together=200)

    assert [r.event.data["claim"] for r in ledger.read(STREAM)] == [f"{n:04x}" for n in range(500)]
    assert max(ledger.sizes) == 200
    assert len(ledger.sizes) <= 4


@pytest.mark.parametrize("failure", [LedgerError("full"), OSError("full"), ValueError("odd")])
def test_a_line_that_cannot_be_written_raises(failure: Exception) -> None:
    """Whatever goes wrong in the ledger is a LedgerError, for every line; later ones may do."""
    ledger = Watched()
    ledger.failure = failure

    async def work(audit: Audit) -> None:
        results = await asyncio.gather(
            *(audit.record(line()) for _ in range(5)), return_exceptions=True
        )
        assert [type(result) for result in results] == [LedgerError] * 5
        assert all(result.__cause__ is failure for result in results)
        ledger.failure = None
        await audit.record(line())

    audited(ledger, work)

    assert ledger.size == 1


def test_the_queue_is_bounded() -> None:
    """Where too many lines wait, the next is refused at once rather than kept in memory."""
    ledger = Watched()
    ledger.gate.clear()

    async def work(audit: Audit) -> None:
        writing = [asyncio.create_task(audit.record(line())) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(LedgerError, match="too many"):
            await audit.record(line())
        ledger.gate.set()
        await asyncio.gather(*writing)
        await audit.record(line())

    audited(ledger, work, most_waiting=3)

    assert ledger.size == 4


def test_stopping_writes_what_waits() -> None:
    """Lines that came before are written and answered; later ones are refused."""
    ledger = Watched()
    ledger.gate.clear()

    async def run() -> None:
        audit = Audit(ledger, key=KEY, clock=lambda: NOON)
        await audit.start()
        writing = [asyncio.create_task(audit.record(line())) for _ in range(50)]
        await asyncio.sleep(0)
        stopping = asyncio.create_task(audit.stop())
        await asyncio.sleep(0)
        with pytest.raises(LedgerError, match="not running"):
            await audit.record(line())
        ledger.gate.set()
        await stopping
        await asyncio.gather(*writing)
        await audit.stop()  # once more does nothing

    asyncio.run(run())

    assert ledger.size == 50


def test_a_ledger_that_hangs_does_not_hold_up_the_end_for_ever() -> None:
    """Stopping waits so long and says that lines are not written."""
    ledger = Watched()
    ledger.gate.clear()

    async def run() -> None:
        audit = Audit(ledger, key=KEY, clock=lambda: NOON)
        await audit.start()
        writing = asyncio.create_task(audit.record(line()))
        await asyncio.sleep(0)
        with pytest.raises(LedgerError, match="last audit lines"):
            await audit.stop(patience=0.05)
        ledger.gate.set()
        await writing

    asyncio.run(run())


def test_an_audit_that_does_not_run_lets_nothing_through() -> None:
    """Before it is started a line is refused; it is started once."""

    async def run() -> None:
        audit = Audit(MemoryLedger(), key=KEY, clock=lambda: NOON)
        with pytest.raises(LedgerError, match="not running"):
            await audit.record(line())
        await audit.start()
        with pytest.raises(InputError, match="started already"):
            await audit.start()
        await audit.stop()

    asyncio.run(run())


def test_a_line_is_written_also_if_its_asker_goes_away() -> None:
    """What was looked up is on record, and the others are not disturbed."""
    ledger = Watched()
    ledger.gate.clear()

    async def work(audit: Audit) -> None:
        gone = asyncio.create_task(audit.record(line("aa")))
        stays = asyncio.create_task(audit.record(line("bb")))
        await asyncio.sleep(0.02)
        gone.cancel()
        ledger.gate.set()
        await stays
        await asyncio.gather(gone, return_exceptions=True)

    audited(ledger, work)

    assert [recorded.event.data["claim"] for recorded in ledger.read(STREAM)] == ["aa", "bb"]


@given(client=st.text())
def test_no_name_of_a_client_spoils_the_lines_of_others(client: str) -> None:
    """Whatever a certificate calls itself, the ledger takes the line as a plain one."""
    ledger = MemoryLedger()

    async def work(audit: Audit) -> None:
        await asyncio.gather(audit.record(line(client=client)), audit.record(line()))

    audited(ledger, work)

    written, _ = ledger.read(STREAM)
    assert str(written.event.data["client"]).isprintable()
    assert written.event.data["client"] == line(client=client).client
    if client.isprintable() and len(client) <= 200:
        assert written.event.data["client"] == normalize("NFC", client)


def test_what_was_recorded_survives_the_process(tmp_path: Path) -> None:
    """Every line that record returned for is in the file, though the process was killed."""
    path = tmp_path / "audit.sqlite"
    program = f"""
        import asyncio, sys
        from datetime import datetime, UTC
        from vnvaxmatch.ledger import open_ledger
        from vnvaxmatch.server.guards import Audit, AuditLine
        async def ask(audit, n):
            await audit.record(AuditLine(client="c", codec="osia", operation="verify",
                outcome="matched", disclosed="verdict", claim=f"{{n:04x}}"))
            sys.stdout.write(f"{{n:04x}}\\n"); sys.stdout.flush()
        async def run():
            ledger = open_ledger({str(path)!r})
            audit = Audit(ledger, key=bytes(32), clock=lambda: datetime.now(UTC))
            await audit.start()
            for start in range(0, 60_000, 20):
                await asyncio.gather(*(ask(audit, start + n) for n in range(20)))
        asyncio.run(run())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(300)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()

    with open_ledger(path, create=False) as ledger:
        written = [recorded.event.data["claim"] for recorded in ledger.read(STREAM)]
        assert ledger.check().sound
    complete = {text.strip() for text in told if text.endswith("\n")}
    assert len(complete) >= 300
    assert complete <= set(written)
    assert len(written) == len(set(written))


def test_the_digest_is_what_it_says() -> None:
    """HMAC-SHA-256 over the canonical fields as a list of JSON, so that others can compute it."""
    said = json.dumps(["Trần Thị Thử", "1985-11-10", "female", "001185000123"],
                      separators=(",", ":"))  # fmt: skip
    expected = hmac.new(KEY, b"vnvaxmatch claim/1\n" + said.encode(), hashlib.sha256).hexdigest()

    assert digest_of(Claim.read(**TEXTS), KEY) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Trần Thị Thứ"}, {"birth": "10/12/1985"}, {"birth": "1985"}, {"sex": "Nam"},
        {"id_number": "001185000124"}, {"id_number": ""}, {"name": ""}, {"sex": "?"},
    ],
    ids=str,
)  # fmt: skip
def test_another_claim_has_another_digest(change: dict[str, str]) -> None:
    """Each field counts, also when it is missing."""
    assert digest_of(Claim.read(**{**TEXTS, **change}), KEY) != digest_of(Claim.read(**TEXTS), KEY)


def test_another_spelling_of_the_same_has_the_same_digest() -> None:
    """The digest is of what was read, not of how it was written."""
    other = {"name": "TRẦN THỊ  THỬ", "birth": "1985-11-10", "sex": "F",
             "id_number": "CCCD 001185000123"}  # fmt: skip

    assert digest_of(Claim.read(**other), KEY) == digest_of(Claim.read(**TEXTS), KEY)


@given(claim=claims(), one=st.binary(min_size=32, max_size=64), two=st.binary(min_size=32))
def test_a_digest_tells_nothing_without_its_key(claim: Claim, one: bytes, two: bytes) -> None:
    """It is 64 hexadecimal digits whatever the claim, and another one under another key."""
    digest = digest_of(claim, one)

    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert digest == digest_of(claim, one)
    # keys that differ in trailing zeros alone are one key for HMAC
    if one.rstrip(b"\0") != two.rstrip(b"\0") and len(two) <= 64:
        assert digest != digest_of(claim, two)


@pytest.mark.parametrize("key", [b"", b"secret", bytes(31)], ids=len)
def test_a_short_key_is_refused(key: bytes) -> None:
    """Numbers are few: a key that can be guessed would give them away."""
    with pytest.raises(InputError, match="32 bytes"):
        digest_of(Claim(), key)
    with pytest.raises(InputError, match="32 bytes"):
        Audit(MemoryLedger(), key=key, clock=lambda: NOON)
