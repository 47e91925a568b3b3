"""``vnvaxmatch ledger``: check the log, pin it, and prove what is in it."""

from __future__ import annotations

import base64
from pathlib import Path

import click

from vnvaxmatch.cli.keys import keys_option, read_keys
from vnvaxmatch.cli.shared import lang_option, number, progress_bar, say
from vnvaxmatch.errors import InputError
from vnvaxmatch.ledger import (
    Checked,
    Consistency,
    Fault,
    Proof,
    checkpoint_text,
    open_ledger,
    read_checkpoint,
)
from vnvaxmatch.messages import Lang

__all__ = ["checked_lines", "ledger"]

_FILE = click.Path(path_type=Path, readable=False)
_LARGEST = 16 << 20

_FAULTS = {
    Fault.UNREADABLE: ("không đọc được", "cannot be read"),
    Fault.ALTERED: ("đã bị sửa", "was altered"),
    Fault.MISSING: ("đã mất", "is gone"),
    Fault.NUMBER: ("không đúng thứ tự trong hồ sơ", "is not the next of its stream"),
    Fault.NODE: ("không khớp với cây băm", "does not fit the tree above it"),
    Fault.TREE: ("không khớp với điểm cuối sổ", "does not fit the end of the log"),
    Fault.CHECKPOINT: ("không nối tiếp điểm chốt", "does not continue the checkpoint"),
}


@click.group()
def ledger() -> None:
    """Check the log of all that was done, and prove what is in it.

    LEDGER is a file, or postgresql://user@host/database. No key is needed but for `rotate`.

    \b
    An auditor's way:
      vnvaxmatch ledger checkpoint cases.db > day.txt    keep it out of reach
      vnvaxmatch ledger check cases.db --since day.txt   later: is all still there?
    """


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--since", type=_FILE, help="A checkpoint kept elsewhere, to be continued.")
@lang_option
def check(where: str, since: Path | None, lang: Lang) -> None:
    """Name the first event that is not as it was written.

    The whole log is computed anew, with a checkpoint kept elsewhere or without.
    Exits with 0 if it is sound, and with 1 if not.
    """
    pinned = None if since is None else read_checkpoint(_read(since))
    with open_ledger(where, create=False) as opened, progress_bar(lang) as progress:
        tell = None if progress is None else lambda done, total: progress("read", done, total)
        checked = opened.check(since=pinned, progress=tell)
    for line in checked_lines(checked, lang):
        click.echo(line)
    if not checked.sound:
        raise click.exceptions.Exit(1)


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--size", type=click.IntRange(min=0), help="Of so many events. [default: all]")
def checkpoint(where: str, size: int | None) -> None:
    """Print the size and the root of the log.

    Kept elsewhere, they pin all that is in it now.
    """
    with open_ledger(where, create=False) as opened:
        click.echo(checkpoint_text(opened.checkpoint(size)), nl=False)


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--index", type=click.IntRange(min=0), required=True, help="Which event, from 0.")
def show(where: str, index: int) -> None:
    """Print one event as it stands in the log.

    Personal values stay encrypted.
    """
    with open_ledger(where, create=False) as opened:
        click.echo(opened.content(index).decode("utf-8"))


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--index", type=click.IntRange(min=0), required=True, help="Which event, from 0.")
@click.option("--size", type=click.IntRange(min=1), help="In the log of so many. [default: all]")
def prove(where: str, index: int, size: int | None) -> None:
    """Print the proof that an event is in the log.

    It is verified without the log, against a checkpoint of the same size.
    """
    with open_ledger(where, create=False) as opened:
        click.echo(Proof.of(opened, index, size=size).to_json())


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--since", type=_FILE, required=True, help="The earlier checkpoint.")
@click.option("--size", type=click.IntRange(min=0), help="The log of so many. [default: all]")
def consistency(where: str, since: Path, size: int | None) -> None:
    """Print the proof that the log continues an earlier checkpoint.

    `verify --since` verifies it without the log, between the two checkpoints.
    """
    first = read_checkpoint(_read(since))
    with open_ledger(where, create=False) as opened:
        proof = Consistency.of(opened, first.size, size)
        proof.verify(first, opened.checkpoint(proof.second))
    click.echo(proof.to_json())


@ledger.command()
@click.argument("proof", type=_FILE)
@click.option("--checkpoint", "pinned", type=_FILE, required=True, help="What it must agree with.")
@click.option("--since", type=_FILE, help="The earlier checkpoint, of a proof of consistency.")
@lang_option
def verify(proof: Path, pinned: Path, since: Path | None, lang: Lang) -> None:
    """Verify a proof against a checkpoint, or between two, without the log."""
    if since is not None:
        _verify_between(proof, since, pinned, lang)
        return
    read = Proof.from_json(_read(proof))
    read.verify(read_checkpoint(_read(pinned)))
    index, size = number(read.index, lang), number(read.size, lang)
    click.echo(
        say(
            lang,
            f"đúng: sự kiện {index} có trong sổ gồm {size} sự kiện",
            f"true: event {index} is in the log of {size} events",
        )
    )


def _verify_between(proof: Path, since: Path, pinned: Path, lang: Lang) -> None:
    read = Consistency.from_json(_read(proof))
    read.verify(read_checkpoint(_read(since)), read_checkpoint(_read(pinned)))
    first, second = number(read.first, lang), number(read.second, lang)
    click.echo(
        say(
            lang,
            f"đúng: sổ gồm {second} sự kiện nối tiếp sổ gồm {first} sự kiện",
            f"true: the log of {second} events continues that of {first}",
        )
    )


@ledger.command()
@click.argument("where", metavar="LEDGER")
@click.option("--person", required=True, help="Whose: the name of a stream, or of a person.")
@lang_option
def purge(where: str, person: str, lang: Lang) -> None:
    """Destroy the key of one person's values.

    Nobody can read them again, and there is no way back. The log can be checked as before. Copies
    of the file made earlier still hold the key.
    """
    with open_ledger(where, create=False) as opened:
        there = opened.purge(person)
    click.echo(
        say(lang, "đã hủy khóa", "the key is destroyed")
        if there
        else say(lang, "không có khóa nào để hủy", "there is no key to destroy")
    )


@ledger.command()
@click.argument("where", metavar="LEDGER")
@keys_option
@lang_option
def rotate(where: str, key_file: Path | None, lang: Lang) -> None:
    """Encrypt every data key under the current master key.

    The former master keys are of no use after that.
    """
    if key_file is None:
        raise click.UsageError("--keys is needed: a key file with the former and the current key")
    with (
        open_ledger(where, keys=read_keys(key_file), create=False) as opened,
        progress_bar(lang) as progress,
    ):
        tell = None if progress is None else lambda done, total: progress("write", done, total)
        done = opened.rotate(progress=tell)
    click.echo(say(lang, f"{number(done, lang)} khóa", f"{number(done, lang)} keys"))


def checked_lines(checked: Checked, lang: Lang) -> list[str]:
    """Say in words what checking came to."""
    lines = []
    size = number(checked.checkpoint.size, lang)
    if checked.fault is None:
        root = base64.b64encode(checked.checkpoint.root).decode("ascii")
        lines.append(
            say(lang, f"{size} sự kiện, nguyên vẹn: {root}", f"{size} events, all sound: {root}")
        )
    else:
        first = str(checked.index)
        if checked.last not in (None, checked.index):
            first = say(lang, f"{first} đến {checked.last}", f"{first} to {checked.last}")
        fault = say(lang, *_FAULTS[checked.fault])
        lines.append(
            say(
                lang,
                f"HỎNG: sự kiện {first} {fault} ({checked.fault}); {size} sự kiện trước đó khớp",
                f"BAD: event {first} {fault} ({checked.fault}); {size} events agree before that",
            )
        )
    if checked.astray:
        names = ", ".join(checked.astray[:10]) + (", ..." if checked.astray[10:] else "")
        lines.append(
            say(
                lang,
                f"trạng thái tóm tắt không khớp với các sự kiện của: {names}",
                f"where these stand is not what their events say: {names}",
            )
        )
    return lines


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text: give the file that the ledger printed") from None
