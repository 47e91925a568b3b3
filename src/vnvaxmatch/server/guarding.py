"""The guards of a server, put together, and how a service makes use of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Final

import attrs

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.records import Claim
from vnvaxmatch.server.callers import Caller
from vnvaxmatch.server.guards.audit import Audit, AuditLine, digest_of
from vnvaxmatch.server.guards.rates import Rates
from vnvaxmatch.server.guards.walking import Report, Walking
from vnvaxmatch.server.services import Refusal, RefusalError

if TYPE_CHECKING:
    from vnvaxmatch.server.guards.access import AccessLog
    from vnvaxmatch.server.guards.metrics import Metrics

__all__ = ["LOG", "NOTHING", "Guards"]

LOG: Final = logging.getLogger("vnvaxmatch.server")

NOTHING: Final = "nothing"
"""What was disclosed where there was no answer."""

_LONGEST_PAUSE: Final = 3600.0
"""Seconds that a client is told to wait: longer is about one number, and not about the client."""


@attrs.frozen
class Guards:
    """Rate limit, defence against enumeration, metrics, audit and access log of one server.

    Each may be left out, and then nothing is in its place. ``key`` makes the digests by which
    :class:`~.guards.Walking` tells statements apart; it lives as long as the server.
    """

    rates: Rates | None = None
    walking: Walking | None = None
    metrics: Metrics | None = None
    audit: Audit | None = None
    access: AccessLog | None = None
    key: bytes = attrs.field(factory=lambda: secrets.token_bytes(32), repr=False)

    async def admit(self, caller: Caller, /, *, number: str) -> None:
        """Let a client ask about a number, at once or after a while; RefusalError if it may not."""
        if self.walking is None:
            return
        step = self.walking.judge(caller.name, number)
        await self._report(step.report)
        if step.refused:
            told = step.delay if step.delay <= _LONGEST_PAUSE else None
            raise RefusalError(Refusal.WALKING, retry_after=told)
        if step.delay > 0:
            await asyncio.sleep(step.delay)

    async def saw(
        self, caller: Caller, /, *, number: str, found: bool, agreed: bool, claim: Claim
    ) -> None:
        """Take note of what a question came to."""
        if self.walking is not None:
            statement = digest_of(claim, self.key)
            await self._report(
                self.walking.saw(
                    caller.name, number, found=found, agreed=agreed, statement=statement
                )
            )

    async def record(
        self,
        caller: Caller,
        /,
        *,
        codec: str,
        operation: str,
        outcome: str,
        disclosed: str,
        claim: Claim,
    ) -> None:
        """Write the audit line of a question; RefusalError if that cannot be."""
        if self.audit is None:
            return
        await self._write(
            AuditLine(
                client=caller.name,
                codec=codec,
                operation=operation,
                outcome=outcome,
                disclosed=disclosed,
                claim=self.audit.digest(claim),
            )
        )

    async def _report(self, report: Report | None) -> None:
        if report is None:
            return
        LOG.warning(
            "client %s seems to walk through numbers: %s, %d questions too many",
            report.client,
            report.walk.value,
            report.count,
        )
        if self.metrics is not None:
            self.metrics.walked(walk=report.walk)
        if self.audit is not None:
            await self._write(report)

    async def _write(self, line: AuditLine | Report) -> None:
        assert self.audit is not None
        try:
            await self.audit.record(line)
        except LedgerError as error:
            LOG.error("an audit line was not written: %s", _cause(error))
        else:
            return
        raise RefusalError(Refusal.AUDIT, retry_after=5.0)


def _cause(error: LedgerError) -> str:
    """Say why, by the ledger's own words or the name of whatever it was."""
    cause = error.__cause__
    return str(error) if cause is None else f"{error} ({type(cause).__name__})"
