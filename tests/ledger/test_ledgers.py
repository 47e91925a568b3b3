"""Our own ledgers keep the laws that others are held to."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from vnvaxmatch.ledger import KeyRing, Ledger, MemoryLedger, SQLiteLedger
from vnvaxmatch.testing import LedgerLaws


class TestMemoryLedger(LedgerLaws):
    """The ledger in memory."""

    def make(self, keys: KeyRing | None) -> MemoryLedger:
        """Make one."""
        return MemoryLedger(keys=keys)


class TestSQLiteLedger(LedgerLaws):
    """The ledger in a file."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.paths = (tmp_path / f"{number}.ledger" for number in count())

    def make(self, keys: KeyRing | None) -> SQLiteLedger:
        """Make a file."""
        return SQLiteLedger(next(self.paths), keys=keys)

    def again(self, ledger: Ledger, keys: KeyRing | None) -> SQLiteLedger:
        """Open the file once more."""
        assert isinstance(ledger, SQLiteLedger)
        return SQLiteLedger(ledger.path, keys=keys, create=False)


class TestPostgresLedger(LedgerLaws):
    """The ledger in a database."""

    max_examples = 15

    @pytest.fixture(autouse=True)
    def _schemas(self, fresh_address: Callable[[], str]) -> None:
        self.fresh_address = fresh_address
        self.addresses: dict[int, str] = {}

    def make(self, keys: KeyRing | None) -> Ledger:
        """Make a schema."""
        return self._opened(self.fresh_address(), keys)

    def again(self, ledger: Ledger, keys: KeyRing | None) -> Ledger:
        """Open the schema once more."""
        return self._opened(self.addresses[id(ledger)], keys)

    def _opened(self, address: str, keys: KeyRing | None) -> Ledger:
        from vnvaxmatch.ledger.postgres import PostgresLedger

        ledger = PostgresLedger(address, keys=keys)
        self.addresses[id(ledger)] = address
        return ledger
