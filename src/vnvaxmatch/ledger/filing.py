"""Put events in their places: numbers, data keys, leaves, and the nodes above them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vnvaxmatch.errors import LedgerError
from vnvaxmatch.ledger.events import Seal
from vnvaxmatch.ledger.keys import NONCE_BYTES, Sealer
from vnvaxmatch.ledger.leaves import Draft, Row, about_personal, leaf_bytes
from vnvaxmatch.ledger.stores import Batch, End, Kept, Standing

__all__ = ["filed", "grow"]


def filed(
    drafts: Sequence[Draft],
    end: End,
    /,
    *,
    standings: dict[str, Standing],
    wrapped: Mapping[int, bytes],
    sealer: Sealer,
) -> Batch:
    """Give what an append adds to a log that ends so.

    ``standings`` are those of every name in the drafts that the log has, and are moved on;
    ``wrapped`` the data keys of the people among them.
    """
    nonces = _nonces(sealer, sum(1 for draft in drafts if draft.personal))
    own = _Keys(end.keys, wrapped=wrapped, sealer=sealer)
    before = end.names
    names, index = before, end.size
    new: list[Standing] = []
    changed: dict[int, Standing] = {}
    rows: list[Row] = []
    leaves: list[bytes] = []
    for stream, kind, at, data, person, personal, label in drafts:
        standing = standings.get(stream)
        if standing is None:
            names += 1
            standing = standings[stream] = Standing(names, stream)
            new.append(standing)
        standing.number = number = standing.number + 1
        standing.at = at
        if label is not None:
            standing.label = label
        if standing.id <= before:
            changed[standing.id] = standing
        key, sealed = 0, b""
        if personal:
            owner = standing if person == stream else standings.get(person)
            if owner is None:
                names += 1
                owner = standings[person] = Standing(names, person)
                new.append(owner)
            if owner.id <= before:
                changed[owner.id] = owner
            secret = own.of(owner)
            key = owner.key
            about = about_personal(stream, number, kind, person=person, key=key)
            nonce = next(nonces)
            sealed = nonce + secret.encrypt(nonce, personal, about)
        row = Row(index, stream, number, kind, at, data, person, key, sealed, label)
        rows.append(row)
        leaves.append(sha256(b"\0" + leaf_bytes(row)).digest())
        index += 1
    hashes, peaks = grow(leaves, size=end.size, peaks=end.peaks)
    return Batch(
        End(index, peaks, names, own.count),
        list(map(Kept, rows, hashes)),
        new,
        list(changed.values()),
        own.new,
        {name: standing.id for name, standing in standings.items()},
    )


def grow(leaves: Sequence[bytes], /, *, size: int, peaks: bytes) -> tuple[list[bytes], bytes]:
    """Add leaves to a tree, and give the hashes of each leaf's row and the new peaks."""
    stack = [peaks[i : i + 32] for i in range(0, len(peaks), 32)]
    rows = []
    for rest, leaf in enumerate(leaves, start=size):
        if not rest & 1:
            stack.append(leaf)
            rows.append(leaf)
            continue
        node, completed = leaf, [leaf]
        while rest & 1:
            node = sha256(b"\1" + stack.pop() + node).digest()
            completed.append(node)
            rest >>= 1
        stack.append(node)
        rows.append(b"".join(completed))
    return rows, b"".join(stack)


def _nonces(sealer: Sealer, count: int) -> Iterator[bytes]:
    """Draw all nonces of one append at once: to ask for each costs more than to encrypt."""
    drawn = sealer.random(count * NONCE_BYTES)
    return (drawn[i : i + NONCE_BYTES] for i in range(0, len(drawn), NONCE_BYTES))


class _Keys:
    """The data keys of one append, each unwrapped or made once."""

    def __init__(self, count: int, *, wrapped: Mapping[int, bytes], sealer: Sealer) -> None:
        self.count = count
        self.new: list[tuple[int, bytes]] = []
        self._wrapped = wrapped
        self._sealer = sealer
        self._open: dict[int, AESGCM] = {}

    def of(self, person: Standing, /) -> AESGCM:
        """Give the data key of a person, a new one where there is none."""
        found = self._open.get(person.key)
        if found is not None:
            return found
        if person.key:
            opened = self._sealer.open_key(
                self._wrapped[person.key], number=person.key, person=person.name
            )
            if opened is Seal.LOCKED:
                raise LedgerError(
                    "personal values of somebody known already cannot be kept: their data key is "
                    "wrapped under a master key that is not in the key ring; add it"
                )
            if not isinstance(opened, Seal):
                self._open[person.key] = opened
                return opened
        self.count += 1
        person.key = self.count
        made, kept = self._sealer.new_key(number=person.key, person=person.name)
        self.new.append((person.key, kept))
        self._open[person.key] = made
        return made
