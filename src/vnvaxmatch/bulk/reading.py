"""How the texts of a list are to be read; and one row of them, read by the scalar rules."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs

from vnvaxmatch.normalize import Encoding, Vintage, dose_date
from vnvaxmatch.outcome import Normalized
from vnvaxmatch.records import Claim, Dose

__all__ = ["ReadingRules", "read_row"]


@attrs.frozen
class ReadingRules:
    """How the texts of a list are to be read.

    ``reference`` is the day that ages and two-digit years count from where a row has no dose date,
    ``encoding`` the vote of the name column, ``vintage`` the time that bare commune codes are of.
    """

    reference: date | None = None
    encoding: Encoding | None = None
    vintage: Vintage | None = None


def read_row(texts: dict[str, Any], reading: ReadingRules) -> tuple[Claim, Dose]:
    """Read the claim and the dose of one row of texts."""
    day = dose_date(texts.get("dose_date", ""))
    reference = day.value if isinstance(day, Normalized) else reading.reference
    claim = Claim.read(
        name=texts.get("full_name", ""),
        birth=texts.get("date_of_birth", ""),
        sex=texts.get("sex", ""),
        id_number=texts.get("id_number", ""),
        nationality=texts.get("nationality", ""),
        commune=texts.get("commune", ""),
        district=texts.get("district", ""),
        province=texts.get("province", ""),
        phone=texts.get("phone", ""),
        reference=reference,
        vintage=reading.vintage,
        encoding=reading.encoding,
    )
    dose = Dose.read(
        vaccine=texts.get("vaccine", ""),
        number=texts.get("dose_number", ""),
        date=texts.get("dose_date", ""),
        lot=texts.get("lot", ""),
        site=texts.get("site", ""),
        birth=claim.birth.value if isinstance(claim.birth, Normalized) else None,
        reference=reading.reference,
    )
    return claim, dose
