"""Draw the table of states: a picture in Mermaid, and the table itself with who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vnvaxmatch.casework.authority import Authority, Role
from vnvaxmatch.casework.states import COMPARISONS, MOVES, Kind, State, Step

__all__ = ["mermaid", "move_table"]

_GROUPS: Final[dict[str, tuple[State, ...]]] = {
    "to_be_fixed": (
        State.INCOMPLETE, State.MALFORMED, State.MISMATCHED, State.NOT_FOUND, State.AMBIGUOUS,
    ),
    "certified": (State.SIGNED, State.MINUTES),
}  # fmt: skip
"""States that are drawn as one box, for what leads into it and out of it."""

_GROUP_OF: Final = {state: group for group, states in _GROUPS.items() for state in states}


def mermaid() -> str:
    """Draw the states and what leads from one to another, as a Mermaid state diagram.

    What leaves a case where it is has no arrow; it stands in the table.
    """
    return "\n".join(("stateDiagram-v2", *(f"    {line}" for line in _lines()))) + "\n"


def _lines() -> Iterator[str]:
    for group, states in _GROUPS.items():
        yield f"state {group} {{"
        yield from (f"    {state}" for state in states)
        for source, target, words in _arrows(inside=group):
            yield f"    {source} --> {target}: {words}"
        yield "}"
    for source, target, words in _arrows(inside=None):
        yield f"{source} --> {target}: {words}"


def _arrows(*, inside: str | None) -> Iterator[tuple[str, str, str]]:
    """Give the arrows inside a group, or between groups and the states that are in none."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for move in MOVES:
        if move.source is move.target:
            continue
        source, target = _box(move.source), _box(move.target)
        if source == target:
            if inside != source or Kind.COMPARED in _kinds(move.step):
                continue  # compared again, with another outcome: of no news in a picture
            source, target = str(move.source), move.target.value
        elif inside is not None:
            continue
        for kind in _kinds(move.step):
            found.setdefault((source, target), {})[kind.value] = None
    for (source, target), kinds in found.items():
        yield source, target, ", ".join(kinds)


def _box(state: State | None) -> str:
    return "[*]" if state is None else _GROUP_OF.get(state, state.value)


def _kinds(step: Step) -> tuple[Kind, ...]:
    if step in COMPARISONS:
        return (Kind.COMPARED,)
    if step in (Step.IDENTITY_CORRECTED, Step.VACCINATION_CORRECTED, Step.CONTACT_CORRECTED):
        return (Kind.CORRECTED,)
    return (Kind(step.value),)


def move_table(authority: Authority) -> str:
    """Write all moves, and the roles that may make them, as a Markdown table.

    Comparisons that did not match stand together: they differ in nothing but where they lead.
    """
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    by: dict[str, str] = {}
    for step in Step:
        for move in (move for move in MOVES if move.step is step):
            other = step in COMPARISONS and step is not Step.MATCHED
            what = "compared, not matched" if other else f"`{step}`"
            goal = "the same" if move.source is move.target else f"`{move.target}`"
            if other and move.target == State(step):
                goal = "its outcome"
            when = ", ".join(move.when)
            source = "nothing" if move.source is None else f"`{move.source}`"
            found.setdefault((what, goal, when), {})[source] = None
            by[what] = ", ".join(r for r in Role if r in authority.may[step]) or "nobody"
    lines = ["| step | by | from | to | when |", "|---|---|---|---|---|"]
    for (what, goal, when), sources in found.items():
        lines.append(f"| {what} | {by[what]} | {', '.join(sources)} | {goal} | {when} |")
    return "\n".join(lines) + "\n"
