"""How often a ledger asks its store: a scan is as many questions as it has pages."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vnvaxmatch.ledger import Event, KeyRing, Seal, SQLiteLedger
from vnvaxmatch.ledger.keys import Master
from vnvaxmatch.ledger.logs import Log

RING = KeyRing({"one": b"\1" * 32}, current="one")
AT = datetime(2026, 5, 4, tzinfo=UTC)


class Counting:
    """A store that counts how often it is asked for the master keys."""

    def __init__(self, store: Any) -> None:
        self.store, self.asked = store, 0

    def masters(self) -> Mapping[int, Master]:
        """Count, and answer."""
        self.asked += 1
        found: Mapping[int, Master] = self.store.masters()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.mark.parametrize("keys", [None, RING])
def test_a_scan_does_not_ask_for_master_keys_by_the_event(
    tmp_path: Path, keys: KeyRing | None
) -> None:
    """With the keys or without: once for a page of events at the most, also of keys unknown."""
    with SQLiteLedger(tmp_path / "log.db", keys=RING) as ledger:
        # opened while there was no master key yet, so that all keys are met for the first time
        counting = Counting(ledger._store)
        reading = Log(counting, keys=keys, random=os.urandom)
        ledger.append(Event(f"case/{i}", "seen", AT, {}, {"name": "Thử"}) for i in range(50))
        counting.asked = 0

        seals = [recorded.seal for recorded in reading.scan()]

    assert seals == [Seal.LOCKED if keys is None else Seal.OPEN] * 50
    assert counting.asked == 1
