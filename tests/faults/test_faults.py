"""Every fault of a network, alone and two at a time, in every protocol and by both clients."""

import datetime as dt
import itertools
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.listening import serving
from vnvaxmatch import Outcome
from vnvaxmatch.backends.remote import tls_context
from vnvaxmatch.errors import CertificateError, ReplyError, UnreachableError

from .asking import LIMITS, WAYS, Run, check, run
from .proxy import CERTIFICATES, UNREADABLE, Certificates, Fault, Proxy, Schedule
from .registry import CODECS, Registry, people, truth

trustme = pytest.importorskip("trustme", reason="the development requirement trustme is missing")

pytestmark = [
    pytest.mark.filterwarnings("ignore:the codec ndxp"),
    pytest.mark.filterwarnings("ignore:unclosed transport"),  # see conftest.py
    pytest.mark.filterwarnings("ignore:Exception ignored"),
]

COUNT = 8
DEEP = os.environ.get("VNVAXMATCH_PROFILE") == "deep"


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The authority that the client trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path_factory.mktemp("ca") / "ca.pem")
    return authority


@pytest.fixture(scope="module")
def certificates(trusted: Any) -> Certificates:
    """The certificates that the proxy shows: the right one, and the wrong ones."""
    past = {"not_before": dt.datetime(2020, 1, 1), "not_after": dt.datetime(2021, 11, 5)}

    def context(issuer: Any, name: str = "127.0.0.1", **dates: Any) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert(name, **dates).configure_cert(made)
        return made

    return Certificates(
        context(trusted),
        {
            Fault.WRONG_HOST: context(trusted, "other.example"),
            Fault.UNTRUSTED: context(trustme.CA()),
            Fault.EXPIRED: context(trusted, **past),
        },
    )


@pytest.fixture(scope="module")
def tls(trusted: Any, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The context of a client that trusts the authority."""
    path: Path = tmp_path_factory.mktemp("client") / "ca.pem"
    trusted.cert_pem.write_to_path(path)
    return tls_context(ca=path)


Suffer = Callable[..., tuple[Run, Proxy, Registry]]


@pytest.fixture
def suffer(certificates: Certificates, tls: ssl.SSLContext) -> Iterator[Suffer]:
    """Give what runs all claims through faults."""
    with ExitStack() as stack:

        def suffered(way: str, codec: str, schedule: Schedule, **limits: Any) -> Any:
            registry = Registry(codec, COUNT)
            proxy = Proxy(lambda: registry.port, schedule=schedule, certificates=certificates)
            stack.enter_context(serving(registry, proxy))
            got = run(way, proxy.url, people(COUNT), codec=codec, tls=tls, names=schedule,
                      limits=attrs.evolve(LIMITS, **limits))  # fmt: skip
            return got, proxy, registry

        yield suffered


@pytest.mark.parametrize("codec", CODECS)
def test_the_truth_tells_neighbours_apart(codec: str) -> None:
    """An answer that went astray would show: those before and after it say something else."""
    outcomes = [verdict.outcome for verdict in truth(codec, COUNT)]

    assert all(a is not b for a, b in itertools.pairwise(outcomes))
    assert len(set(outcomes)) == (2 if codec.startswith("ndxp") else 3)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("codec", CODECS)
def test_without_faults_all_are_answered_at_once(suffer: Suffer, way: str, codec: str) -> None:
    """The proxy alone changes nothing."""
    got, proxy, registry = suffer(way, codec, Schedule(()), attempt_timeout=5.0)

    assert check(got, truth(codec, COUNT), proxy=proxy) == 0
    assert set(proxy.asked.values()) == {1}
    assert proxy.asked == registry.asked


def _single(fault: Fault) -> Any:
    return pytest.param(fault, id=fault.name.lower())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("fault", [_single(f) for f in Fault if f not in CERTIFICATES])
def test_a_fault_costs_no_answer_and_gives_no_wrong_one(
    suffer: Suffer, way: str, codec: str, fault: Fault
) -> None:
    """All are answered in the end and rightly, but for those that were answered unreadably."""
    schedule = Schedule([fault], seed=fault, until=3)

    # an outage that another question met refuses this one too: a dozen attempts are not enough
    attempts = 24

    got, proxy, registry = suffer(
        way, codec, schedule, attempts=attempts, backoff=0.01, backoff_cap=0.1
    )

    left = check(got, truth(codec, COUNT), proxy=proxy, attempts=attempts)
    assert got.ended is None
    assert max(registry.asked.values()) <= attempts
    unreadable = [one for one in got.results if isinstance(one, ReplyError)]
    assert left == len(unreadable) <= proxy.met[fault]
    assert not unreadable or fault in UNREADABLE


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("fault", [_single(f) for f in CERTIFICATES])
def test_a_wrong_certificate_ends_the_run(
    suffer: Suffer, way: str, codec: str, fault: Fault
) -> None:
    """Whatever was answered before is right, and nobody asks somebody who may be anybody."""
    got, proxy, _ = suffer(way, codec, Schedule([fault], seed=fault, share=0.5))

    assert proxy.met[fault]
    assert isinstance(got.ended, CertificateError)
    assert check(got, truth(codec, COUNT), proxy=proxy) == 0
    assert "\n" not in str(got.ended)


PASSING = (*CERTIFICATES, *UNREADABLE, Fault.DUPLICATE, Fault.DUPLICATE_LATE, Fault.REORDERED)
LASTING = list(itertools.product((f for f in Fault if f not in PASSING), CODECS, WAYS))


def lasting() -> list[Any]:
    """Give each fault that can last, once by each client, the protocols taking turns."""
    turns = itertools.cycle(CODECS)
    codecs = {fault: codec for (fault, _, _), codec in zip(LASTING[::10], turns, strict=False)}
    chosen = LASTING if DEEP else [one for one in LASTING if codecs[one[0]] == one[1]]
    return [pytest.param(*one, id=f"{one[0].name.lower()}-{one[1]}-{one[2]}") for one in chosen]


@pytest.mark.parametrize(("fault", "codec", "way"), lasting())
def test_a_fault_that_never_ends_leaves_all_undetermined(
    suffer: Suffer, way: str, codec: str, fault: Fault
) -> None:
    """Nobody is found missing because of an outage, and nobody is asked about for ever."""
    schedule = Schedule([fault], share=1.0)

    got, proxy, _ = suffer(
        way, codec, schedule, attempts=2, total_timeout=1.0, attempt_timeout=0.05, patience=0.1
    )

    assert check(got, truth(codec, COUNT), proxy=proxy, attempts=2) == COUNT
    assert all(isinstance(result, UnreachableError) for result in got.results)


PAIRS = list(itertools.combinations(Fault, 2))
COMBINED = list(itertools.product(PAIRS, CODECS, WAYS))
SHARES = 20


def pairwise() -> list[Any]:
    """Give each pair of faults once, the protocols and clients taking turns; all in deep."""
    turns = itertools.cycle(itertools.product(CODECS, WAYS))
    return COMBINED if DEEP else [(pair, *turn) for pair, turn in zip(PAIRS, turns, strict=False)]


@pytest.mark.parametrize("share", range(SHARES))
def test_two_faults_together_give_no_wrong_answer(suffer: Suffer, share: int) -> None:
    """Half of the attempts fail, in two ways: answered rightly, or undetermined."""
    for pair, codec, way in pairwise()[share::SHARES]:
        got, proxy, registry = suffer(
            way, codec, Schedule(pair, seed=f"{pair}", share=0.5), attempt_timeout=0.05,
            total_timeout=2.0, breaker_failures=1000,
        )  # fmt: skip

        check(got, truth(codec, COUNT), proxy=proxy)
        assert max(registry.asked.values(), default=0) <= LIMITS.attempts
        assert got.ended is None or (
            isinstance(got.ended, CertificateError) and set(pair) & set(CERTIFICATES)
        )


def test_the_outcomes_are_what_they_are_meant_to_be() -> None:
    """The made-up claims come to what their makers meant."""
    assert [verdict.outcome for verdict in truth("osia-match", 6)] == [
        Outcome.MATCHED,
        Outcome.MISMATCHED,
        Outcome.MATCHED,
        Outcome.NOT_FOUND,
        Outcome.MATCHED,
        Outcome.MISMATCHED,
    ]
