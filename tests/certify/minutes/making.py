"""Minutes, parties and signers for tests, of people who were never born."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import attrs
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from tests.certify.authority import NOW, TestCA
from vnvaxmatch.certify.minutes import (
    Confirmed,
    Correction,
    Minutes,
    MinutesCase,
    Party,
    make_minutes,
    sign_minutes,
)
from vnvaxmatch.certify.signers import KeySigner, callable_signer
from vnvaxmatch.certify.trust import Trust
from vnvaxmatch.ledger import Checkpoint

ENDED = NOW - timedelta(hours=1)
BODY = "Ủy ban nhân dân xã Mẫu"
NAMES = {"chairman": "Trần Văn Mẫu", "police": "Lê Thị Thử", "site": "Y Blĭk Êban Niê"}
COMMUNE = "00004"


@lru_cache(maxsize=1)
def authority() -> TestCA:
    """Give the authority that issues the parties' certificates, in the name of their body."""
    return TestCA(BODY)


@lru_cache(maxsize=1)
def trust() -> Trust:
    """Give the trust in that authority, with its lists of now."""
    return authority().trust()


def party(role: str, **changes: Any) -> Party:
    """Make up a party."""
    told = {"name": NAMES.get(role, "Phạm Văn Chứng"), "title": f"Chức vụ {role}", "body": BODY}
    return Party(role, **{**told, **changes})


def confirmed(role: str, **changes: Any) -> Confirmed:
    """Make up who confirmed a side."""
    told = {"by": f"{role}-1", "role": role, "office": COMMUNE, "at": ENDED - timedelta(days=1)}
    return Confirmed(**{**told, **changes})


def correction(field: str = "sex", before: str = "Nam", after: str = "Nữ", **changes: Any) -> Any:
    """Make up a correction."""
    told = {"reason": "Theo căn cước công dân", "by": "can-bo-1", "role": "commune",
            "office": COMMUNE, "at": ENDED - timedelta(days=2)}  # fmt: skip
    return Correction(field, before, after, **{**told, **changes})


def case(number: int = 1, **changes: Any) -> MinutesCase:
    """Make up a case."""
    told: dict[str, Any] = {
        "case": f"{number:020x}",
        "row": number,
        "events": 4,
        "index": 10 * number,
        "leaf": f"{number:064x}",
        "values": {
            "full_name": "Nguyễn Thị Thử",
            "date_of_birth": "01/02/1990",
            "sex": "Nữ",
            "id_number": "001190000456",
            "vaccine": "Pfizer",
            "dose_number": "1",
            "dose_date": "10/08/2021",
        },
        "corrections": (correction(),),
        "identity": confirmed("police"),
        "vaccination": confirmed("health"),
    }
    return MinutesCase(**{**told, **changes})


def minutes(**changes: Any) -> Minutes:
    """Make up minutes of one case and three parties."""
    told: dict[str, Any] = {
        "number": "12/BB-UBND",
        "place": "Mẫu",
        "venue": f"Trụ sở {BODY}",
        "began": ENDED - timedelta(hours=2),
        "ended": ENDED,
        "commune": COMMUNE,
        "office": BODY,
        "parties": tuple(party(role) for role in NAMES),
        "cases": (case(),),
        "checkpoint": Checkpoint(99, bytes(range(32))),
        "salt": bytes(range(16)),
    }
    return Minutes(**{**told, **changes})


@lru_cache(maxsize=1)
def unsigned() -> bytes:
    """Give the PDF of these minutes, which nobody signed."""
    return make_minutes(minutes()).pdf


def signer(name: str, *, trusted: Trust | None = None, **how: Any) -> KeySigner:
    """Issue a certificate in a name, and give who signs with it."""
    settings = {one: how.pop(one) for one in ("stamping", "accept_unknown") if one in how}
    issued = authority().officer(name, **how)
    return signer_of(issued, trusted=trusted, **settings)


def signer_of(issued: Any, *, trusted: Trust | None = None, **settings: Any) -> KeySigner:
    """Give who signs with a key on P-256."""

    def sign_hash(digest: bytes) -> bytes:
        return issued.key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))

    return callable_signer(
        issued.der, issued.chain, sign_hash=sign_hash, trust=trusted or trust(), **settings
    )


def signed(*roles: str, pdf: bytes | None = None, at: datetime = NOW, **settings: Any) -> bytes:
    """Have parties sign in this order."""
    done = unsigned() if pdf is None else pdf
    for role in roles:
        done = sign_minutes(done, signer(NAMES[role], **settings), role=role, at=at)
    return done


def pinned(told: Minutes, **fingerprints: str) -> Minutes:
    """Give minutes that name the certificates of parties beforehand."""
    return attrs.evolve(
        told,
        parties=[
            attrs.evolve(one, certificates=(fingerprints[one.role],))
            if one.role in fingerprints
            else one
            for one in told.parties
        ],
    )
