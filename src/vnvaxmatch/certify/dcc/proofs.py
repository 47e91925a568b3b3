"""A case of the correction loop as proof that its record is certified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from vnvaxmatch import normalize
from vnvaxmatch.certify.cases import Case
from vnvaxmatch.certify.dcc.records import GivenDose, Proven, Vaccinated
from vnvaxmatch.certify.dcc.valuesets import codes_of
from vnvaxmatch.errors import CertifyError
from vnvaxmatch.outcome import Normalized, Reading

__all__ = ["CaseProof", "vaccinated_of"]

T = TypeVar("T")

_STATES = {
    "signed": Proven.CERTIFIED,
    "minutes": Proven.CERTIFIED,
    "superseded": Proven.SUPERSEDED,
    "revoked": Proven.REVOKED,
}


def vaccinated_of(values: Mapping[str, str], /, *, series: int | None = None) -> Vaccinated:
    """Read the columns of a record: ``full_name``, ``date_of_birth``, ``vaccine``, and so on.

    ``series`` is of how many doses this one was; by default those of the vaccine's first course, or
    the dose's own number where that is higher. Raises :class:`~vnvaxmatch.errors.CertifyError`,
    which names the column, where one is missing or cannot be read.
    """
    given = _value("vaccine", normalize.vaccine(values.get("vaccine", "")))
    number = _value("dose_number", normalize.dose_number(values.get("dose_number", "")))
    codes = codes_of(given)
    return Vaccinated(
        name=_value("full_name", normalize.name(values.get("full_name", ""))),
        birth=_value("date_of_birth", normalize.birth(values.get("date_of_birth", ""))),
        doses=(
            GivenDose(
                given,
                number=number,
                series=series or max(number, codes.series if codes else number),
                day=_value("dose_date", normalize.dose_date(values.get("dose_date", ""))),
            ),
        ),
    )


def _value(column: str, reading: Reading[T]) -> T:
    if isinstance(reading, Normalized):
        return reading.value
    raise CertifyError(
        f"no certificate can be made of this record: {column} is {reading.reason.value}; correct it"
    )


@attrs.frozen
class CaseProof:
    """Takes a case for the proof; fills :class:`~.records.Certified`.

    The case must come from a ledger that was checked: this looks at where it stands, and at whether
    its values are the ones asked about.
    """

    case: Case = attrs.field(repr=False)

    @property
    def record(self) -> str:
        """The number of the case."""
        return self.case.case

    @property
    def edition(self) -> str:
        """The events that confirmed both sides: others, once a list brings the record in anew."""
        sides = (self.case.identity, self.case.vaccination)
        return "-".join("0" if side is None else str(side.number) for side in sides)

    @property
    def standing(self) -> Proven:
        """Where the case stands, whatever its values are."""
        return _STATES.get(str(self.case.state), Proven.NOT_CERTIFIED)

    def proves(self, vaccinated: Vaccinated, /) -> Proven:
        """Say whether the case is certified, with just these values."""
        if self.standing is not Proven.CERTIFIED:
            return self.standing
        if not self.case.values:
            return Proven.UNDECIDED
        try:
            own = vaccinated_of(self.case.values, series=vaccinated.last.series)
        except CertifyError:
            return Proven.UNDECIDED
        same = (own.name, own.birth, own.doses) == (
            vaccinated.name, vaccinated.birth, vaccinated.doses,
        )  # fmt: skip
        return Proven.CERTIFIED if same else Proven.OTHER_RECORD
