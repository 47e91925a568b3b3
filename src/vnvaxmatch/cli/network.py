"""``vnvaxmatch verify --registry https://…``: a registry that is asked over a network."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import attrs
import click

from vnvaxmatch.backends.remote import Bearer, Limits, tls_context
from vnvaxmatch.backends.remote.codecs import CODECS
from vnvaxmatch.bulk import InputOptions, Run
from vnvaxmatch.bulk.remote import Header, Remote, begun, folder_of, verify_remote
from vnvaxmatch.bulk.results import UNDETERMINED
from vnvaxmatch.cli.lines import one_line
from vnvaxmatch.cli.shared import number, progress_bar, say
from vnvaxmatch.cli.summary import show_run
from vnvaxmatch.errors import BackendError, InputError
from vnvaxmatch.messages import Lang
from vnvaxmatch.policy import Disclosure

__all__ = ["Network", "verify_over_network"]

EXIT_UNDETERMINED = 3
"""The exit code of a run that is done, and has rows about which nobody answered."""

_LONGEST_TOKEN = 16_000


@attrs.frozen(kw_only=True)
class Network:
    """The options of :func:`vnvaxmatch.cli.network_options.network_options`, as they were given."""

    codec: str
    codec_option: Sequence[str]
    token_file: Path | None
    client_cert: Path | None
    client_key: Path | None
    ca: Path | None
    rate: float | None
    in_flight: int
    resume: bool


def verify_over_network(
    doses: Path,
    *,
    address: str,
    network: Network,
    out: Path,
    disclosure: Disclosure,
    options: InputOptions,
    reference_given: bool,
    worklists: bool,
    lang: Lang,
    record: Callable[[Run], None],
) -> None:
    """Verify a list over a network, show the summary, and end with 3 if rows are undetermined."""
    given = (network.ca, network.client_cert, network.client_key)
    remote = Remote(
        url=address,
        codec=network.codec,
        codec_options=_codec_options(network.codec, network.codec_option),
        auth=None if network.token_file is None else _bearer(network.token_file),
        tls=tls_context(ca=given[0], certificate=given[1], key=given[2]) if any(given) else None,
        limits=Limits(in_flight=network.in_flight, rate=network.rate),
    )
    if network.resume:
        options = _as_begun(begun(out), options, reference_given=reference_given, lang=lang)
    try:
        with progress_bar(lang) as progress:
            run = verify_remote(
                doses,
                registry=remote,
                out=out,
                resume=network.resume,
                disclosure=disclosure,
                options=options,
                worklists=worklists,
                lang=lang,
                progress=progress,
            )
    except KeyboardInterrupt:
        if folder_of(out).exists():
            _tell(
                say(
                    lang,
                    "các câu trả lời đã có được giữ lại; chạy lại lệnh này với --resume",
                    "what was answered is kept; run the same command again with --resume",
                )
            )
        raise
    record(run)
    show_run(run, lang)
    if run.manifest["asked"]["undetermined"]:
        raise _Undetermined(run.summary["outcomes"][UNDETERMINED], lang)


class _Undetermined(click.ClickException):
    """The end of a run that has rows about which nobody answered: its own exit code."""

    exit_code = EXIT_UNDETERMINED

    def __init__(self, rows: int, lang: Lang) -> None:
        count = number(rows, lang)
        super().__init__(
            say(
                lang,
                f"{count} dòng chưa đối chiếu được vì cơ sở dữ liệu dân cư chưa trả lời; chạy lại "
                "lệnh này với --resume để chỉ hỏi tiếp những người đó",
                f"{count} rows are undetermined, because the registry gave no answer; run the same "
                "command again with --resume, and only those people are asked about",
            )
        )

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it in one line, as every note."""
        _tell(self.message)


def _as_begun(
    earlier: Header | None, options: InputOptions, *, reference_given: bool, lang: Lang
) -> InputOptions:
    """Take over the day that an unfinished run was begun with: ages must not change overnight."""
    if earlier is None:
        _tell(say(lang, "không có gì để tiếp tục: hỏi từ đầu", "nothing to resume: all are asked"))
        return options
    if reference_given or not earlier.reference:
        return options
    return attrs.evolve(options, reference=date.fromisoformat(earlier.reference))


def _tell(line: str) -> None:
    click.echo(f"vnvaxmatch: {one_line(line)}", err=True)


@attrs.frozen
class _TokenFile:
    """A bearer token in a file, which somebody may renew while a run goes on."""

    path: Path

    def read(self) -> str:
        """Read it; InputError for a file that holds none."""
        try:
            with self.path.open("rb") as file:
                token = file.read(_LONGEST_TOKEN + 1).decode("ascii").strip()
        except OSError as error:
            raise InputError(
                f"cannot read the token in {self.path}: {error.strerror}; check --token-file"
            ) from error
        except UnicodeDecodeError:
            token = ""
        if not 0 < len(token) <= _LONGEST_TOKEN or not token.isprintable() or " " in token:
            raise InputError(
                f"{self.path} does not hold a bearer token: one line of printable ASCII without "
                "spaces; check --token-file"
            )
        return token


def _bearer(path: Path) -> Bearer:
    file = _TokenFile(path)
    file.read()  # a file that holds no token says so at once
    return Bearer(file.read)


def _codec_options(name: str, given: Sequence[str]) -> dict[str, object]:
    """Read ``--codec-option``: each value as the codec's own option is typed."""
    if name not in CODECS:
        raise BackendError(f"there is no codec «{name}»: choose one of {', '.join(CODECS)}")
    module, kind = CODECS[name]
    known = inspect.signature(getattr(import_module(module), kind)).parameters
    options: dict[str, object] = {}
    for option in given:
        key, equals, value = option.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or not key:
            raise InputError("--codec-option wants NAME=VALUE, as in operation=match")
        if key not in known or "bytes" in str(known[key].annotation):
            names = [n for n, about in known.items() if "bytes" not in str(about.annotation)]
            raise InputError(f"the codec {name} has no option {key}: it has {', '.join(names)}")
        options[key] = _value(key, value.strip(), str(known[key].annotation))
    return options


def _value(key: str, text: str, kind: str) -> object:
    try:
        if kind == "int":
            return int(text)
        if kind.startswith("Mapping"):
            read = json.loads(text)
            if not isinstance(read, dict):
                raise ValueError
            return read
    except (ValueError, RecursionError):
        wants = "a number" if kind == "int" else 'JSON, as {"name": "fullName"}'
        raise InputError(f"--codec-option {key} wants {wants}") from None
    return text
