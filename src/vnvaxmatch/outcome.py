"""What a normaliser answers: a value with what was changed and what is doubtful, or a reason.

All codes of the library are enumerated here. They are API: adding one is a minor release,
changing one is breaking. A code starts with the field it speaks of; its words in Vietnamese and
English are in :mod:`vnvaxmatch.messages`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NoReturn, TypeAlias, TypeVar

import attrs

from vnvaxmatch.errors import RejectedError

__all__ = ["Change", "Doubt", "Normalized", "Reading", "Reason", "Rejected", "redact"]

T_co = TypeVar("T_co", covariant=True)


class Change(StrEnum):
    """What was changed on the way from the text to the value."""

    NAME_SPACES = "name_spaces"
    NAME_UNICODE = "name_unicode"
    NAME_MARK_ORDER = "name_mark_order"
    NAME_LOOK_ALIKES = "name_look_alikes"
    NAME_APOSTROPHE = "name_apostrophe"
    NAME_CASE = "name_case"
    NAME_TONE_PLACEMENT = "name_tone_placement"
    NAME_TCVN3 = "name_tcvn3"
    NAME_VNI = "name_vni"
    NAME_VISCII = "name_viscii"
    NAME_VPS = "name_vps"
    NAME_MOJIBAKE = "name_mojibake"
    NAME_CP1258 = "name_cp1258"
    NAME_TELEX_KEYS = "name_telex_keys"
    NAME_VNI_KEYS = "name_vni_keys"
    NAME_HONORIFIC = "name_honorific"
    NAME_PUNCTUATION = "name_punctuation"

    BIRTH_FORMAT = "birth_format"
    BIRTH_WORDS = "birth_words"
    BIRTH_LETTERS = "birth_letters"
    BIRTH_WIDTH = "birth_width"
    BIRTH_TIME_DROPPED = "birth_time_dropped"
    BIRTH_ZERO_PARTS = "birth_zero_parts"
    BIRTH_SERIAL = "birth_serial"
    BIRTH_CENTURY = "birth_century"
    BIRTH_DAY_MONTH_ORDER = "birth_day_month_order"

    SEX_SPELLING = "sex_spelling"

    ID_NUMBER_SEPARATORS = "id_number_separators"
    ID_NUMBER_LETTERS = "id_number_letters"
    ID_NUMBER_WIDTH = "id_number_width"
    ID_NUMBER_FLOAT = "id_number_float"
    ID_NUMBER_ZEROS = "id_number_zeros"
    ID_NUMBER_LABEL = "id_number_label"

    PHONE_FORMAT = "phone_format"
    PHONE_LETTERS = "phone_letters"
    PHONE_FLOAT = "phone_float"
    PHONE_ZERO = "phone_zero"
    PHONE_EXTENSION = "phone_extension"
    PHONE_MOBILE_2018 = "phone_mobile_2018"
    PHONE_LANDLINE_2017 = "phone_landline_2017"

    COMMUNE_SPELLING = "commune_spelling"
    COMMUNE_2025 = "commune_2025"

    NATIONALITY_SPELLING = "nationality_spelling"
    VACCINE_SPELLING = "vaccine_spelling"
    DOSE_NUMBER_SPELLING = "dose_number_spelling"
    DOSE_DATE_FORMAT = "dose_date_format"


class Doubt(StrEnum):
    """What is doubtful about a value that was nevertheless accepted."""

    NAME_UNACCENTED = "name_unaccented"
    NAME_ONE_WORD = "name_one_word"
    NAME_UNKNOWN_SYLLABLE = "name_unknown_syllable"
    NAME_ABBREVIATED = "name_abbreviated"
    NAME_MAYBE_CP1258 = "name_maybe_cp1258"
    NAME_MAYBE_ENCODED = "name_maybe_encoded"
    NAME_DAMAGED_LETTER = "name_damaged_letter"
    NAME_MINORITY_MARKER = "name_minority_marker"
    NAME_MAYBE_HONORIFIC = "name_maybe_honorific"
    NAME_NEWBORN = "name_newborn"
    NAME_DIGITS = "name_digits"

    BIRTH_NO_DAY = "birth_no_day"
    BIRTH_DEFAULT_DAY = "birth_default_day"
    BIRTH_SWAPPED = "birth_swapped"
    BIRTH_SERIAL_GUESSED = "birth_serial_guessed"
    BIRTH_CENTURY_GUESSED = "birth_century_guessed"
    BIRTH_ZERO_GUESSED = "birth_zero_guessed"
    BIRTH_TIME_ZONE = "birth_time_zone"
    BIRTH_IN_FUTURE = "birth_in_future"
    BIRTH_TOO_OLD = "birth_too_old"

    SEX_CODED = "sex_coded"

    ID_NUMBER_ZEROS_GUESSED = "id_number_zeros_guessed"
    ID_NUMBER_LETTERS_GUESSED = "id_number_letters_guessed"
    ID_NUMBER_UNKNOWN_PLACE = "id_number_unknown_place"
    ID_NUMBER_UNKNOWN_CENTURY = "id_number_unknown_century"
    ID_NUMBER_ISSUED_TWICE = "id_number_issued_twice"
    ID_NUMBER_SEX_DIFFERS = "id_number_sex_differs"
    ID_NUMBER_YEAR_DIFFERS = "id_number_year_differs"
    ID_NUMBER_PLACE_DIFFERS = "id_number_place_differs"

    PHONE_AMBIGUOUS = "phone_ambiguous"
    PHONE_MIGRATION_WEAK = "phone_migration_weak"
    PHONE_UNALLOCATED = "phone_unallocated"
    PHONE_PARTLY_READ = "phone_partly_read"

    COMMUNE_SPLIT = "commune_split"
    COMMUNE_AMBIGUOUS = "commune_ambiguous"
    COMMUNE_VINTAGE = "commune_vintage"
    COMMUNE_CONTEXT = "commune_context"
    COMMUNE_MARKS_DIFFER = "commune_marks_differ"

    NATIONALITY_AMBIGUOUS = "nationality_ambiguous"

    VACCINE_GUESSED = "vaccine_guessed"
    DOSE_NUMBER_IMPLAUSIBLE = "dose_number_implausible"
    DOSE_DATE_SWAPPED = "dose_date_swapped"
    DOSE_DATE_GUESSED = "dose_date_guessed"
    DOSE_BEFORE_ROLLOUT = "dose_before_rollout"
    DOSE_IN_FUTURE = "dose_in_future"
    DOSE_BEFORE_BIRTH = "dose_before_birth"
    DOSE_OUT_OF_ORDER = "dose_out_of_order"
    DOSE_INTERVAL_SHORT = "dose_interval_short"
    DOSE_REPEATED = "dose_repeated"
    DOSE_DUPLICATE = "dose_duplicate"
    DOSE_VACCINES_DIFFER = "dose_vaccines_differ"
    DOSE_TOO_MANY = "dose_too_many"

    LINK_REFUSED = "link_refused"
    LINK_AMBIGUOUS = "link_ambiguous"
    LINK_ELSEWHERE = "link_elsewhere"


class Reason(StrEnum):
    """Why a text was rejected, or why a field or a whole claim did not agree."""

    # any field
    MISSING = "missing"
    TOO_LONG = "too_long"

    # rejected texts
    NAME_NOT_A_NAME = "name_not_a_name"
    NAME_PLACEHOLDER = "name_placeholder"
    BIRTH_UNREADABLE = "birth_unreadable"
    BIRTH_IMPOSSIBLE = "birth_impossible"
    BIRTH_PLACEHOLDER = "birth_placeholder"
    BIRTH_LUNAR = "birth_lunar"
    SEX_UNREADABLE = "sex_unreadable"
    SEX_AMBIGUOUS = "sex_ambiguous"
    ID_NUMBER_UNREADABLE = "id_number_unreadable"
    ID_NUMBER_LENGTH = "id_number_length"
    ID_NUMBER_SCIENTIFIC = "id_number_scientific"
    ID_NUMBER_PHONE = "id_number_phone"
    ID_NUMBER_AMBIGUOUS = "id_number_ambiguous"
    ID_NUMBER_MASKED = "id_number_masked"
    ID_NUMBER_PLACEHOLDER = "id_number_placeholder"
    PHONE_UNREADABLE = "phone_unreadable"
    PHONE_INVALID = "phone_invalid"
    COMMUNE_UNKNOWN = "commune_unknown"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    VACCINE_UNREADABLE = "vaccine_unreadable"
    DOSE_NUMBER_UNREADABLE = "dose_number_unreadable"
    DOSE_DATE_UNREADABLE = "dose_date_unreadable"
    CARD_UNKNOWN_FORMAT = "card_unknown_format"
    CARD_CHECK_DIGIT = "card_check_digit"
    CARD_TRUNCATED = "card_truncated"
    ROW_UNREADABLE = "row_unreadable"

    # a claim that is settled without a registry
    NAME_MISSING = "name_missing"
    BIRTH_MISSING = "birth_missing"
    SEX_MISSING = "sex_missing"
    ID_NUMBER_MISSING = "id_number_missing"
    ID_NUMBER_PASSPORT = "id_number_passport"
    ID_NUMBER_CHILD = "id_number_child"
    NAME_OF_MOTHER = "name_of_mother"
    NOT_VIETNAMESE = "not_vietnamese"

    # a field compared with the registry's
    NAME_MARK = "name_mark"
    NAME_MARKS = "name_marks"
    NAME_ORDER = "name_order"
    NAME_PART_MISSING = "name_part_missing"
    NAME_INITIALS = "name_initials"
    NAME_MARKER = "name_marker"
    NAME_SOUND = "name_sound"
    NAME_KEYS = "name_keys"
    NAME_TYPO = "name_typo"
    NAME_GIVEN_DIFFERS = "name_given_differs"
    NAME_MIDDLE_DIFFERS = "name_middle_differs"
    NAME_SURNAME_DIFFERS = "name_surname_differs"
    NAME_DIFFERS = "name_differs"
    BIRTH_FIRST_OF_JANUARY = "birth_first_of_january"
    BIRTH_YEAR_ONLY = "birth_year_only"
    BIRTH_MONTH_ONLY = "birth_month_only"
    BIRTH_DAY_MONTH_SWAPPED = "birth_day_month_swapped"
    BIRTH_DIGIT = "birth_digit"
    BIRTH_DECADE = "birth_decade"
    BIRTH_YEAR_OFF = "birth_year_off"
    BIRTH_ONE_PART = "birth_one_part"
    BIRTH_DIFFERS = "birth_differs"
    SEX_DIFFERS = "sex_differs"
    ID_NUMBER_FORMER = "id_number_former"
    ID_NUMBER_FORMER_SHARED = "id_number_former_shared"
    ID_NUMBER_TYPO = "id_number_typo"
    ID_NUMBER_TRANSPOSED = "id_number_transposed"
    ID_NUMBER_LEADING_ZEROS = "id_number_leading_zeros"
    ID_NUMBER_OTHER_KIND = "id_number_other_kind"
    ID_NUMBER_DIFFERS = "id_number_differs"
    NAME_NOT_COMPARED = "name_not_compared"
    BIRTH_NOT_COMPARED = "birth_not_compared"
    SEX_NOT_COMPARED = "sex_not_compared"
    ID_NUMBER_NOT_COMPARED = "id_number_not_compared"
    NAME_ASKED_UNMARKED = "name_asked_unmarked"
    BIRTH_ASKED_YEAR = "birth_asked_year"

    # a whole claim
    NOT_IN_REGISTRY = "not_in_registry"
    SEVERAL_ENTRIES = "several_entries"
    WEIGHT_TOO_LOW = "weight_too_low"
    NUMBER_OF_ANOTHER = "number_of_another"
    BLOCK_TOO_LARGE = "block_too_large"
    FIELD_NOT_TOLD = "field_not_told"
    ENTRY_WITHDRAWN = "entry_withdrawn"
    CANNOT_BE_ASKED = "cannot_be_asked"
    NOT_ANSWERED = "not_answered"


def redact(value: object) -> str:
    """Stand in for a personal value in a repr: ``attrs.field(repr=redact)``.

    >>> redact("anything")
    '<redacted>'
    """
    return "<redacted>" if value not in (None, "", ()) else repr(value)


@attrs.frozen
class Normalized(Generic[T_co]):
    """A value that was read, with what was changed to get it and what is doubtful about it.

    ``str(value)`` is the canonical text; the repr never shows it.
    """

    value: T_co = attrs.field(repr=redact)
    changes: tuple[Change, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def unwrap(self) -> T_co:
        """Give the value."""
        return self.value


@attrs.frozen
class Rejected:
    """A text that cannot be read, and why. ``Reason.MISSING`` is a blank cell."""

    reason: Reason

    @property
    def missing(self) -> bool:
        """Whether there was nothing to read, which is not the same as something unreadable."""
        return self.reason is Reason.MISSING

    def unwrap(self) -> NoReturn:
        """Raise :class:`~vnvaxmatch.errors.RejectedError` with the reason."""
        raise RejectedError(self.reason.value)


Reading: TypeAlias = Normalized[T_co] | Rejected
"""What every normaliser returns."""

BLANK = Rejected(Reason.MISSING)
"""The reading of an empty cell."""
