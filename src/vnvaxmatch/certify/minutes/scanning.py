"""Attach a scan of a signature on paper to minutes, while nobody signed them digitally yet."""

from __future__ import annotations

from datetime import datetime

from vnvaxmatch.certify.minutes.reading import LONGEST, open_minutes
from vnvaxmatch.certify.minutes.scans import MOST_SCANS, add_scan, new_scan
from vnvaxmatch.errors import CertifyError

__all__ = ["attach_scan"]


def attach_scan(
    pdf: bytes, scan: bytes, /, *, role: str, by: str, office: str, at: datetime
) -> bytes:
    """Attach a scan (PDF, JPEG or PNG) of what a party signed on paper, with its conversion mark.

    ``by`` is who made the scan, ``office`` for whom. It is evidence of its own kind, and counts as
    no signature. Whoever signs digitally later signs it as well; once somebody did, nothing can be
    attached without breaking that. Raises :class:`~vnvaxmatch.errors.CertifyError`.
    """
    held = open_minutes(pdf)
    held.minutes.party(role)
    if held.faults:
        raise CertifyError(
            f"these minutes were altered since they were drawn up ({', '.join(held.faults)}): get "
            "them anew"
        )
    if held.signed:
        raise CertifyError(
            "somebody signed these minutes digitally already, and a scan would break that "
            "signature: attach scans first, or keep this one beside the file"
        )
    if len(held.scans) >= MOST_SCANS:
        raise CertifyError(f"minutes take no more than {MOST_SCANS} scans")
    number = 1 + len(held.scans)
    described = new_scan(scan, role=role, number=number, by=by, office=office, at=at)
    done = add_scan(pdf, held.minutes, described, scan)
    if len(done) > LONGEST // 2:
        raise CertifyError("the minutes would have more than 50 MB: scan more coarsely")
    return done
