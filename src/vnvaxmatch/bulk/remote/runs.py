"""Verify a whole list over a network: read it, ask about each person once, write the results.

What is answered is journalled as it comes, so that a run that was killed, or that ended with people
about whom nobody answered, goes on where it was.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy.typing as npt

from vnvaxmatch.backends.remote import UNDETERMINED
from vnvaxmatch.backends.remote.client.acaller import AsyncCaller
from vnvaxmatch.bulk.judges import Judge
from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.remote.folders import opened
from vnvaxmatch.bulk.remote.journal import Journal, begin, folder_of
from vnvaxmatch.bulk.remote.judging import AnswerJudge
from vnvaxmatch.bulk.remote.orders import DoseList, Order
from vnvaxmatch.bulk.remote.plans import Plan
from vnvaxmatch.bulk.remote.remotes import KEY_BYTES, Keys, Remote
from vnvaxmatch.bulk.remote.rounds import Round, driven
from vnvaxmatch.bulk.results import RESULT_SCHEMA
from vnvaxmatch.bulk.runs import MANIFEST, OUTPUTS, InputOptions, Progress, Run, run_list
from vnvaxmatch.bulk.workdir import fresh_folder
from vnvaxmatch.bulk.workers import Workers
from vnvaxmatch.errors import (
    CertificateError,
    InputError,
    NotAuthorisedError,
    OutputError,
    RefusedError,
    UnreachableError,
)
from vnvaxmatch.messages import Lang
from vnvaxmatch.policy import Disclosure, Policy, strict

__all__ = ["verify_remote"]

Ints: TypeAlias = npt.NDArray[Any]

_SAID_AGAIN = (
    CertificateError, InputError, NotAuthorisedError, OutputError, RefusedError, UnreachableError,
)  # fmt: skip
"""Errors that are told with what to do about the answers so far."""


def verify_remote(
    doses: str | Path,
    *,
    registry: Remote,
    out: str | Path,
    resume: bool = False,
    policy: Policy = strict,
    disclosure: Disclosure = Disclosure.FINDINGS,
    options: InputOptions | None = None,
    worklists: bool = True,
    lang: Lang = "vi",
    progress: Progress | None = None,
    fresh_key: Callable[[int], bytes] = secrets.token_bytes,
) -> Run:
    """Verify a vaccination list against somebody else's registry, over a network.

    What cannot be asked is settled here; each distinct person is asked about once, and those about
    whom nobody answered once more at the end. A row that stays without an answer reads
    ``undetermined``; then, and if an error or a signal ends the run, the answers stay in the folder
    ``OUT.unfinished``, and ``resume`` goes on with them. ``fresh_key`` gives so many random bytes.
    Raises what :func:`vnvaxmatch.bulk.verify` does, and every
    :class:`~vnvaxmatch.errors.RegistryError` that ends a run; then earlier results stay.
    """
    if disclosure is Disclosure.VALUES:
        raise InputError(
            "disclosure «values» is for the body that owns the registry, and a registry that is "
            "asked over a network tells no values: choose findings or verdict"
        )
    out = Path(out)
    _refuse_target(out)
    read = DoseList.look(Path(doses), options or InputOptions())
    order = Order(read, registry, policy, disclosure)
    order.codec(Keys(bytes(KEY_BYTES)))  # one that cannot be made says so before anything is begun
    with opened(folder_of(out)) as folder:
        journal = begin(folder, resume=resume, header=order.header, fresh_key=fresh_key)
        work = _Work(order, journal, progress or (lambda *_: None), lang=lang)
        with _kept(journal):
            work.answer()
            run = work.write(out, worklists=worklists)
            if not work.plan.unanswered.any():
                folder.destroy()
    return run


def _refuse_target(out: Path) -> None:
    """Refuse what cannot be written to, before anybody is asked."""
    with (
        contextlib.suppress(_Enough),
        fresh_folder(out, marker=MANIFEST, ours=OUTPUTS),
    ):
        raise _Enough


class _Enough(Exception):  # noqa: N818  # no error: leaves a folder without replacing anything
    pass


@contextlib.contextmanager
def _kept(journal: Journal) -> Iterator[None]:
    """Keep what was answered, whatever ends the run; nothing, if nobody was asked."""
    try:
        yield
    except _SAID_AGAIN as error:
        if not journal.lines:
            raise
        hint = "what was answered so far is kept: go on with --resume"
        raise type(error)(f"{error}; {hint}") from error
    finally:
        if journal.lines:
            journal.sync()
        else:
            journal.folder.destroy()


class _Work:
    """Reads, asks and writes."""

    def __init__(self, order: Order, journal: Journal, tell: Progress, *, lang: Lang) -> None:
        self._order = order
        self._journal = journal
        self._tell = tell
        self._lang: Lang = lang
        self._codec, self._notes = order.codec(journal.keys)
        self._reader = order.reader(self._codec, journal.keys)
        self.plan = Plan()
        self.plan.load(journal.read())

    def answer(self) -> None:
        """Get an answer about everybody, as far as there is one."""
        plan, doses = self.plan, self._order.doses
        if not self._journal.lines:
            driven(self._probe)  # one clear line before any work
        plan.read(
            doses.batches, self._reader, progress=lambda done: self._tell("read", done, doses.rows)
        )
        if plan.unanswered.any():
            driven(self._ask)

    def write(self, out: Path, *, worklists: bool) -> Run:
        """Write the results, without the network."""
        order, plan = self._order, self.plan

        def judge(rules: ReadingRules) -> Judge:
            return AnswerJudge(rules, plan, disclosure=order.disclosure)

        with Workers(judge, count=1) as judges:
            run = run_list(
                order.doses.path,
                out,
                judges=judges,
                step=None,
                schema=RESULT_SCHEMA,
                about=self._about(),
                options=order.doses.options,
                worklists=worklists,
                lang=self._lang,
                progress=self._tell,
                sha256=order.doses.sha256,
            )
        return attrs.evolve(run, notes=(*run.notes, *self._notes))

    def _about(self) -> dict[str, Any]:
        order, left = self._order, int(self.plan.unanswered.sum())
        people = int(self.plan.present.sum())
        return {
            "command": "verify",
            "matcher": self._codec.name,
            "model": None,
            "policy": str(order.policy),
            "disclosure": order.disclosure.value,
            "registry": {
                "backend": "RemoteRegistry",
                "address": order.remote.address,
                "codec": repr(self._codec),
            },
            "asked": {"people": people, "answered": people - left, "undetermined": left},
        }

    def _caller(self) -> AsyncCaller:
        return self._order.remote.caller(self._codec, self._journal.keys)

    async def _probe(self) -> None:
        caller = self._caller()
        try:
            await caller.probe()
        finally:
            await caller.close()

    async def _ask(self) -> None:
        """Ask about all who were never asked, then about those about whom nobody answered."""
        caller, plan = self._caller(), self.plan
        try:
            await caller.probe()
            never = plan.unanswered & ~plan.asked
            if never.any():
                await self._round(caller, "ask", never)
            again = plan.unanswered
            if again.any() and await _would_answer(caller):
                await self._round(caller, "again", again)
                self._notes += (_again(int(again.sum()), int(plan.unanswered.sum()), self._lang),)
        finally:
            await caller.close()

    async def _round(self, caller: AsyncCaller, stage: str, who: Ints) -> None:
        plan, count = self.plan, int(who.sum())
        known = int(plan.present.sum()) - count if stage == "ask" else 0

        def told(done: int, undetermined: int) -> None:
            self._tell(stage, known + done, known + count)
            if undetermined:
                self._tell("undetermined", undetermined, None)

        questions = plan.questions(self._order.doses.batches, self._reader, who)
        this = Round(caller, plan, self._journal, disclosure=self._order.disclosure, told=told)
        await this.ask(questions)


def _again(count: int, left: int, lang: Lang) -> str:
    """Tell of the final round."""
    if lang == "vi":
        return f"đã hỏi lại về {count} người chưa có câu trả lời; còn {left} người chưa có"
    return f"{count} people had no answer and were asked about again; {left} still have none"


async def _would_answer(caller: AsyncCaller) -> bool:
    """Tell whether there is anybody to ask once more; if not, a resumed run will."""
    try:
        await caller.probe()
    except UNDETERMINED:
        return False
    return True
