"""Why something is not done to a case: codes, with their words in ``data/messages.csv``."""

from __future__ import annotations

from enum import StrEnum

import attrs

__all__ = ["Refusal", "Refused"]


class Refusal(StrEnum):
    """Why an act was refused, or a row of a list was left alone."""

    # the table
    NO_SUCH_CASE = "no_such_case"
    ALREADY_RECEIVED = "already_received"
    NOT_COMPARED = "not_compared"
    NOT_VERIFIED = "not_verified"
    NUMBER_MALFORMED = "number_malformed"
    ALREADY_CONFIRMED = "already_confirmed"
    NOT_CONFIRMED = "not_confirmed"
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    VACCINATION_NOT_CONFIRMED = "vaccination_not_confirmed"
    ALREADY_CERTIFIED = "already_certified"
    NOT_CERTIFIED = "not_certified"
    CLOSED = "closed"

    # the authority
    ROLE = "role"
    OFFICE = "office"
    OWN_CORRECTION = "own_correction"

    # what was to be written
    FIELD_UNKNOWN = "field_unknown"
    VALUE_UNREADABLE = "value_unreadable"
    VALUE_MISSING = "value_missing"
    UNCHANGED = "unchanged"

    # what cannot be read
    PURGED = "purged"
    LOCKED = "locked"

    # a row of a list whose case is there already
    OTHER_PERSON = "other_person"
    OLDER_LIST = "older_list"

    # a row of a worklist that came back
    ROW_ADDED = "row_added"
    ROW_TOKEN = "row_token"
    ROW_ELSEWHERE = "row_elsewhere"
    ROW_TWICE = "row_twice"
    ROW_MERGED = "row_merged"
    RECORDED_CHANGED = "recorded_changed"
    STALE = "stale"
    CORRECTED_OTHERWISE = "corrected_otherwise"
    VALUE_DOUBTFUL = "value_doubtful"
    CAUSE_UNKNOWN = "cause_unknown"
    MARK_UNKNOWN = "mark_unknown"
    NOTE_TOO_LONG = "note_too_long"


@attrs.frozen
class Refused:
    """An act that was not done, and why. ``fields`` are the columns that it is about, if any."""

    case: str
    reason: Refusal
    fields: tuple[str, ...] = ()
