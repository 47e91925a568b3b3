"""Minutes (biên bản): certify confirmed cases where several parties sign one document.

They are a PDF that a person reads and its machine twin; each party signs in their own place
(PAdES), in any order. They hold personal values: that is what they are for.
"""

from vnvaxmatch.certify.minutes.files import MADE_WITH, TWIN, MinutesFile, make_minutes
from vnvaxmatch.certify.minutes.histories import case_of
from vnvaxmatch.certify.minutes.outcomes import (
    Caution,
    Fault,
    MinutesChecked,
    PartyChecked,
    Scan,
    Signing,
    Standing,
)
from vnvaxmatch.certify.minutes.parties import Parties, read_parties
from vnvaxmatch.certify.minutes.reading import read_minutes
from vnvaxmatch.certify.minutes.recording import reference_of
from vnvaxmatch.certify.minutes.records import (
    SALT_BYTES,
    Confirmed,
    Correction,
    Minutes,
    MinutesCase,
    Party,
)
from vnvaxmatch.certify.minutes.scanning import attach_scan
from vnvaxmatch.certify.minutes.signing import sign_minutes
from vnvaxmatch.certify.minutes.twins import digest_of, read_twin, short_digest, write_twin
from vnvaxmatch.certify.minutes.verifying import verify_minutes
from vnvaxmatch.certify.minutes.words import words_of

__all__ = [
    "MADE_WITH",
    "SALT_BYTES",
    "TWIN",
    "Caution",
    "Confirmed",
    "Correction",
    "Fault",
    "Minutes",
    "MinutesCase",
    "MinutesChecked",
    "MinutesFile",
    "Parties",
    "Party",
    "PartyChecked",
    "Scan",
    "Signing",
    "Standing",
    "attach_scan",
    "case_of",
    "digest_of",
    "make_minutes",
    "read_minutes",
    "read_parties",
    "read_twin",
    "reference_of",
    "short_digest",
    "sign_minutes",
    "verify_minutes",
    "words_of",
    "write_twin",
]
