"""The register of issued certificates: kept in a ledger, so that none is forgotten.

It holds hashes of certificates' numbers, and nothing of the people. The lists that are published
are made of it: what was superseded or revoked once stands in every later list until it expires.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from vnvaxmatch.certify.dcc.issuing import YEAR, Issued, Issuer, issue
from vnvaxmatch.certify.dcc.records import Certified, Proven, Vaccinated
from vnvaxmatch.certify.dcc.statuses import hash_of_identifier, make_list, sign_list
from vnvaxmatch.errors import CertifyError, LedgerError
from vnvaxmatch.ledger import JSON, Event, Ledger, Recorded

__all__ = ["Entry", "Register"]

_PREFIX: Final = "dcc/"
_LISTS: Final = "dcc-lists/"


class _Kind(StrEnum):
    ISSUED = "dcc_issued"
    SUPERSEDED = "dcc_superseded"
    REVOKED = "dcc_revoked"
    LISTED = "dcc_listed"


class _Label(StrEnum):
    """Where a record's certificates stand, to find those that must be listed."""

    ACTIVE = "dcc_active"
    MIXED = "dcc_mixed"
    WITHDRAWN = "dcc_withdrawn"


@attrs.frozen
class Entry:
    """One certificate in the register: the hash of its number, its country, when it ends.

    ``edition`` names the certification that it was issued for. ``withdrawn`` says how it stopped
    counting; None while it counts.
    """

    hash: bytes
    country: str
    expires: datetime
    edition: str
    withdrawn: Proven | None = None


class Register:
    """Issues through a ledger, so that a record has one certificate that counts, or none.

    It has no clock and no randomness of its own. Several may work on one ledger at once: of two
    that issue for one record, one gets a :class:`~vnvaxmatch.errors.ConflictError`, and issues
    nothing.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def issue(
        self,
        vaccinated: Vaccinated,
        certified: Certified,
        *,
        issuer: Issuer,
        at: datetime,
        random: Callable[[int], bytes],
        valid_for: timedelta = YEAR,
    ) -> Issued:
        """Issue a certificate; whatever the record had before is superseded from now on.

        Raises what :func:`~.issuing.issue` does. Nothing is given out before it is in the ledger.
        """
        issued = issue(
            vaccinated, certified, issuer=issuer, at=at, random=random, valid_for=valid_for
        )
        stream = _PREFIX + issued.record
        before = self.ledger.read(stream)
        old = [entry for entry in _entries(before) if entry.withdrawn is None]
        label = _Label.MIXED if before else _Label.ACTIVE
        events = [_withdrawing(stream, e, _Kind.SUPERSEDED, at=at, label=label) for e in old]
        about: dict[str, JSON] = {
            "hash": hash_of_identifier(issued.identifier).hex(),
            "country": issuer.country,
            "signer": issuer.signer.fingerprint,
            "expires": issued.expires.isoformat(),
            "edition": certified.edition,
        }
        events.append(Event(stream, _Kind.ISSUED, at, about, label=label))
        self.ledger.append(events, expected={stream: len(before)})
        return issued

    def entries(self, record: str, /) -> tuple[Entry, ...]:
        """Give the certificates of a record, in the order of their issue."""
        return tuple(_entries(self.ledger.read(_PREFIX + record)))

    def withdraw(self, record: str, /, *, how: Proven, at: datetime) -> int:
        """Let what a record has count no longer: ``superseded`` or ``revoked``; give how many.

        What is withdrawn already stays as it is.
        """
        if how not in _KINDS:
            raise CertifyError("a certificate is withdrawn as superseded or as revoked")
        stream = _PREFIX + record
        before = self.ledger.read(stream)
        events = [
            _withdrawing(stream, entry, _KINDS[how], at=at, label=_Label.WITHDRAWN)
            for entry in _entries(before)
            if entry.withdrawn is None
        ]
        if events:
            self.ledger.append(events, expected={stream: len(before)})
        return len(events)

    def sweep(self, standing: Callable[[str], tuple[Proven, str]], /, *, at: datetime) -> int:
        """Ask of every record with a certificate how it stands now, and withdraw what must be.

        ``standing`` gives the word and the edition (:class:`~.records.Certified`). A record that
        was revoked has its certificates revoked; one that is certified no longer, or was certified
        anew meanwhile, has them superseded. One that is ``undecided`` is left alone.
        """
        withdrawn = 0
        for record in [*self._records(_Label.ACTIVE, _Label.MIXED)]:
            word, edition = standing(record)
            if word is Proven.UNDECIDED:
                continue
            active = [entry for entry in self.entries(record) if entry.withdrawn is None]
            if word is Proven.CERTIFIED and all(entry.edition == edition for entry in active):
                continue
            how = Proven.REVOKED if word is Proven.REVOKED else Proven.SUPERSEDED
            withdrawn += self.withdraw(record, how=how, at=at)
        return withdrawn

    def publish(self, *, issuer: Issuer, made: datetime, good_for: timedelta) -> bytes:
        """Make and sign the list of what counts no longer, with the next number of its country.

        What has expired is left out: it fails by its date.
        """
        stream = _LISTS + issuer.country
        before = self.ledger.read(stream)
        listed = list(self._listed(issuer.country, made))
        statuses = make_list(
            country=issuer.country,
            number=len(before) + 1,
            made=made,
            good_for=good_for,
            revoked=(e.hash for e in listed if e.withdrawn is Proven.REVOKED),
            superseded=(e.hash for e in listed if e.withdrawn is Proven.SUPERSEDED),
        )
        data = sign_list(statuses, issuer=issuer)
        about: dict[str, JSON] = {
            "number": statuses.number,
            "until": statuses.until.isoformat(),
            "certificates": len(listed),
            "signer": issuer.signer.fingerprint,
        }
        self.ledger.append(
            [Event(stream, _Kind.LISTED, made, about)], expected={stream: len(before)}
        )
        return data

    def _listed(self, country: str, made: datetime) -> Iterator[Entry]:
        for record in self._records(_Label.MIXED, _Label.WITHDRAWN):
            for entry in self.entries(record):
                current = entry.withdrawn is not None and entry.expires >= made
                if current and entry.country == country:
                    yield entry

    def _records(self, *labels: _Label) -> Iterator[str]:
        for head in self.ledger.heads(prefix=_PREFIX, labels=labels):
            yield head.stream.removeprefix(_PREFIX)


_KINDS: Final = {Proven.SUPERSEDED: _Kind.SUPERSEDED, Proven.REVOKED: _Kind.REVOKED}


def _withdrawing(stream: str, entry: Entry, kind: _Kind, *, at: datetime, label: _Label) -> Event:
    return Event(stream, kind, at, {"hash": entry.hash.hex()}, label=label)


def _entries(events: Iterable[Recorded]) -> list[Entry]:
    found: dict[bytes, Entry] = {}
    try:
        for recorded in events:
            event = recorded.event
            one = bytes.fromhex(str(event.data["hash"]))
            if event.kind == _Kind.ISSUED:
                ends = datetime.fromisoformat(str(event.data["expires"]))
                country, edition = str(event.data["country"]), str(event.data["edition"])
                found[one] = Entry(one, country, ends, edition)
            elif found[one].withdrawn is not Proven.REVOKED:
                how = Proven.REVOKED if event.kind == _Kind.REVOKED else Proven.SUPERSEDED
                found[one] = attrs.evolve(found[one], withdrawn=how)
    except (KeyError, ValueError) as error:
        raise LedgerError(
            "the register of certificates cannot be read: the ledger was written by something else"
        ) from error
    return list(found.values())
