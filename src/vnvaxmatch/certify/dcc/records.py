"""What a certificate is issued for: a vaccinated person, with the proof that it is certified."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

import attrs

from vnvaxmatch.certify.dcc.names import transliterated
from vnvaxmatch.certify.dcc.valuesets import COVID_19, codes_of
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.normalize import BirthDate, PersonName, Vaccine
from vnvaxmatch.outcome import redact

__all__ = ["Certified", "GivenDose", "Proven", "Vaccinated"]

_VERSION = "1.3.0"
_MOST_DOSES = 9
_LONGEST_NAME = 80
_YEARS = range(1900, 2100)


@attrs.frozen
class GivenDose:
    """A dose that was given: the vaccine, which dose it was, of how many, and the day.

    A booster is written as the health sector counts it: 3 of 3, or 2 of 1 after a vaccine that is
    given once. Raises :class:`~vnvaxmatch.errors.CertifyError` for a vaccine without codes.
    """

    vaccine: Vaccine = attrs.field(repr=redact)
    number: int = attrs.field(repr=redact, kw_only=True)
    series: int = attrs.field(repr=redact, kw_only=True)
    day: date = attrs.field(repr=redact, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if codes_of(self.vaccine) is None:
            raise CertifyError("no certificate can name this vaccine: it has no published code")
        if not (1 <= self.number <= _MOST_DOSES and 1 <= self.series <= _MOST_DOSES):
            raise CertifyError(f"a dose is one of 1 to {_MOST_DOSES}, and so is a series")


@attrs.frozen
class Vaccinated:
    """A person and the doses that the record confirms; the certificate speaks of the last one.

    Raises :class:`~vnvaxmatch.errors.CertifyError` where no certificate can be made of it: no dose,
    two doses of one number or out of order, a dose before the birth, a birth before 1900, the name
    of the mother instead of the child's, a name that is longer than 80 letters.
    """

    name: PersonName = attrs.field(repr=redact)
    birth: BirthDate = attrs.field(repr=redact)
    doses: tuple[GivenDose, ...] = attrs.field(repr=redact)

    def __attrs_post_init__(self) -> None:
        if not self.doses:
            raise CertifyError("a certificate needs a dose: the record has none")
        ordered = sorted(self.doses, key=lambda dose: dose.number)
        days = [dose.day for dose in ordered]
        if len({dose.number for dose in ordered}) != len(ordered) or days != sorted(set(days)):
            raise CertifyError(
                "two doses have one number or day, or are out of order: correct them"
            )
        birth = self.birth
        if (days[0].year, days[0].month, days[0].day) < (
            birth.year, birth.month or 1, birth.day or 1,
        ):  # fmt: skip
            raise CertifyError("a dose is dated before the birth: correct the record")
        if birth.year not in _YEARS:
            raise CertifyError("a certificate can say no birth before 1900: correct the record")
        if self.name.newborn:
            raise CertifyError("the name is the mother's: a certificate needs the child's own")
        if any(len(part) > _LONGEST_NAME for part in self._names().values()):
            raise CertifyError(f"a part of the name has more than {_LONGEST_NAME} letters")

    @property
    def last(self) -> GivenDose:
        """The dose with the highest number."""
        return max(self.doses, key=lambda dose: dose.number)

    def document(self, *, country: str, issuer: str, identifier: str) -> dict[str, object]:
        """Write what a certificate says, under the names of its schema."""
        dose = self.last
        codes = codes_of(dose.vaccine)
        if codes is None:  # a dose that was made is one with codes
            raise AssertionError
        return {
            "ver": _VERSION,
            "nam": self._names(),
            "dob": str(self.birth),
            "v": [
                {
                    "tg": COVID_19,
                    "vp": codes.prophylaxis,
                    "mp": codes.product,
                    "ma": codes.maker,
                    "dn": dose.number,
                    "sd": dose.series,
                    "dt": dose.day.isoformat(),
                    "co": country,
                    "is": issuer,
                    "ci": identifier,
                }
            ],
        }

    def _names(self) -> dict[str, str]:
        """Part the name as passports do; one that cannot be parted is a surname (ICAO 9303)."""
        name = self.name
        surname = name.surname
        given = " ".join(part for part in (name.middle, name.given) if part)
        first, rest = (surname, given) if surname else (given, "")
        parts = {"fn": first, "fnt": transliterated(first)}
        return parts | ({"gn": rest, "gnt": transliterated(rest)} if rest else {})


class Proven(StrEnum):
    """What a proof says of a record, now."""

    CERTIFIED = "certified"
    NOT_CERTIFIED = "not_certified"
    """It is not signed, and no minutes were drawn up."""
    OTHER_RECORD = "other_record"
    """What is certified is another person, another birth or other doses than these."""
    SUPERSEDED = "superseded"
    """The certified record was corrected since."""
    REVOKED = "revoked"
    UNDECIDED = "undecided"
    """It cannot be told: the signature, its signer or its state could not be checked."""


@runtime_checkable
class Certified(Protocol):
    """The proof that a record is certified: a verified statement, or a case in a checked ledger.

    It must answer from what it has checked itself: a signature that is valid, or minutes, over the
    very facts it is asked about. It must say anything but ``certified`` where one of them differs,
    and where the record was superseded or revoked since. It must not take the caller's word, and
    must not raise because a record is not certified. It may be asked any number of times.
    """

    @property
    def record(self) -> str:
        """What names the record in the clear, as its case does: nothing personal, ASCII."""
        ...

    @property
    def edition(self) -> str:
        """What names this certification of the record: another, once it is certified anew."""
        ...

    def proves(self, vaccinated: Vaccinated, /) -> Proven:
        """Say whether just this is what was certified."""
        ...
