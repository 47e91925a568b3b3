"""A remote registry as a run asks it, and the keys of that run."""

from __future__ import annotations

import hmac
import inspect
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final

import attrs

from vnvaxmatch.backends.remote import Auth, Codec, Limits
from vnvaxmatch.backends.remote.client.acaller import AsyncCaller
from vnvaxmatch.backends.remote.client.address import Address
from vnvaxmatch.backends.remote.client.asking import Asking
from vnvaxmatch.backends.remote.codecs import CODECS
from vnvaxmatch.backends.remote.codecs import codec as codec_of
from vnvaxmatch.errors import InputError
from vnvaxmatch.outcome import redact

__all__ = ["KEY_BYTES", "Keys", "Remote"]

KEY_BYTES: Final = 32


@attrs.frozen
class Keys:
    """The keys of one run, all made from one that lies beside its journal and ends with it."""

    run: bytes = attrs.field(repr=redact)

    def derived(self, use: str) -> bytes:
        """Give the key of one use."""
        return hmac.digest(self.run, b"vnvaxmatch " + use.encode(), "sha256")

    def keyed(self, things: Mapping[str, object]) -> str:
        """Give a digest of settings that tells nothing of them."""
        text = json.dumps(dict(things), sort_keys=True, default=repr)
        return hmac.digest(
            self.derived("settings"), text.encode("utf-8", "replace"), "sha256"
        ).hex()


@attrs.frozen(kw_only=True)
class Remote:
    """A remote registry as a run asks it: where it is, what it speaks, who asks and how fast.

    ``codec`` is the name of one and ``codec_options`` the options of its class; a codec that wants
    a key for the names of its requests is given one of the run's. ``auth``, ``tls`` and ``limits``
    are as in :class:`~vnvaxmatch.backends.remote.RemoteRegistry`, ``client`` its further options.

    >>> Remote(url="https://registry.example/osia/", codec="osia").address
    'https://registry.example/osia/'
    """

    url: str = attrs.field(repr=False)
    codec: str
    codec_options: Mapping[str, object] = attrs.field(factory=dict, repr=False)
    auth: Auth | None = None
    tls: ssl.SSLContext | None = None
    limits: Limits | None = None
    client: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    address: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        read = Address.of(self.url, allow_http=bool(self.client.get("allow_http", False)))
        object.__setattr__(self, "address", read.origin + read.path)

    def speaks(self, keys: Keys) -> Codec:
        """Make the codec."""
        options = dict(self.codec_options)
        known = _parameters(self.codec)
        if "key" in known:
            options.setdefault("key", keys.derived("codec"))
        needed = [n for n, about in known.items() if about.default is inspect.Parameter.empty]
        if missing := [name for name in needed if name not in options]:
            raise InputError(f"the codec {self.codec} needs the options {', '.join(missing)}")
        return codec_of(self.codec, **options)

    def caller(self, codec: Codec, keys: Keys) -> AsyncCaller:
        """Make what asks."""
        options = dict(self.client)
        transport = options.pop("transport", None)
        asking = Asking(
            self.url,
            answers=codec.statuses,
            auth=self.auth,
            tls=self.tls,
            limits=self.limits,
            key=keys.derived("questions"),
            **options,
        )
        return AsyncCaller(asking, transport=transport)


def _parameters(name: str) -> Mapping[str, Any]:
    """Give the options of a codec; none for one that does not exist, which says so when made."""
    if name not in CODECS:
        return {}
    module, kind = CODECS[name]
    made = getattr(__import__(module, fromlist=[kind]), kind)
    return inspect.signature(made).parameters
