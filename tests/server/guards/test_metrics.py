"""Metrics count what happened, under words that are known."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from vnvaxmatch.policy import Outcome
from vnvaxmatch.server.guards import Walk
from vnvaxmatch.server.guards.metrics import Metrics


class Why(StrEnum):
    """Some reasons."""

    RATE = "rate"
    REGISTRY = "registry"


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Read the page: name and label values, the bound of a bucket last -> value."""
    families = text_string_to_metric_families(metrics.page()[0].decode())
    return {
        (
            sample.name,
            *(
                value
                for _, value in sorted(sample.labels.items(), key=lambda label: label[0] == "le")
            ),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def test_answers_are_counted_by_what_they_came_to() -> None:
    """One counter by codec, operation and outcome, and the time it took."""
    metrics = Metrics()
    for outcome in (Outcome.MATCHED, Outcome.MATCHED, Outcome.NOT_FOUND):
        metrics.answered(codec="osia", operation="verify", outcome=outcome, seconds=0.002)

    found = samples(metrics)

    assert found["vnvaxmatch_answers_total", "osia", "verify", "matched"] == 2
    assert found["vnvaxmatch_answers_total", "osia", "verify", "not_found"] == 1
    assert found["vnvaxmatch_answer_seconds_count", "osia", "verify"] == 3
    assert found["vnvaxmatch_answer_seconds_bucket", "osia", "verify", "0.0025"] == 3
    assert found["vnvaxmatch_answer_seconds_bucket", "osia", "verify", "0.001"] == 0


def test_refusals_failures_and_walks_are_counted() -> None:
    """Each has its counter, by an enumerated word."""
    metrics = Metrics()
    metrics.refused(why=Why.RATE)
    metrics.failed(why=Why.REGISTRY)
    metrics.walked(walk=Walk.MISSES)

    found = samples(metrics)

    assert found["vnvaxmatch_refused_total", "rate"] == 1
    assert found["vnvaxmatch_failed_total", "registry"] == 1
    assert found["vnvaxmatch_walks_total", "misses"] == 1


@given(
    wire=st.text(min_size=1).filter(
        lambda text: text not in {"osia", "fhir", "ndxp", "verify", "match", "other", *Outcome}
    )
)
def test_nothing_that_came_over_the_wire_becomes_a_label(wire: str) -> None:
    """Whatever text is passed by mistake, the page has no more lines than one of ``other``."""
    metrics = Metrics(clients=["clinic"])
    metrics.answered(codec=wire, operation=wire, outcome=wire, seconds=0.1, client=wire)
    metrics.refused(why=wire)  # type: ignore[arg-type]
    metrics.failed(why=wire)  # type: ignore[arg-type]

    found = samples(metrics)

    assert found["vnvaxmatch_answers_total", "other", "other", "other"] == 1
    assert found["vnvaxmatch_refused_total", "other"] == 1
    assert found["vnvaxmatch_failed_total", "other"] == 1
    assert found["vnvaxmatch_answers_by_client_total", "other"] == 1


def test_clients_are_named_only_where_that_is_asked_for() -> None:
    """Without a list of clients none is on the page; with one, only those."""
    silent, named = Metrics(), Metrics(clients=["clinic"])
    for metrics in (silent, named):
        for client in ("clinic", "somebody"):
            metrics.answered(
                codec="osia", operation="match", outcome="matched", seconds=0, client=client
            )

    assert b"clinic" not in silent.page()[0]
    found = samples(named)
    assert found["vnvaxmatch_answers_by_client_total", "clinic"] == 1
    assert found["vnvaxmatch_answers_by_client_total", "other"] == 1
    assert b"somebody" not in named.page()[0]


def test_two_apps_in_one_process_count_apart() -> None:
    """Each has a registry of its own, so the second neither fails nor adds to the first."""
    first, second = Metrics(), Metrics()
    first.refused(why=Why.RATE)

    assert samples(first)["vnvaxmatch_refused_total", "rate"] == 1
    assert ("vnvaxmatch_refused_total", "rate") not in samples(second)


def test_words_of_further_services_can_be_given() -> None:
    """A service that is added brings its words."""
    metrics = Metrics(words=["certificates", "look"])
    metrics.answered(codec="certificates", operation="look", outcome="matched", seconds=0)

    assert samples(metrics)["vnvaxmatch_answers_total", "certificates", "look", "matched"] == 1


def test_what_is_under_way_is_shown() -> None:
    """The gauges follow requests being worked on, and lines that wait."""
    metrics = Metrics()
    waiting = [3]
    metrics.watch_audit(lambda: waiting[0])

    with metrics.in_flight.track_inprogress():
        assert samples(metrics)[("vnvaxmatch_in_flight",)] == 1
    assert samples(metrics)[("vnvaxmatch_in_flight",)] == 0
    assert samples(metrics)[("vnvaxmatch_audit_waiting",)] == 3
    waiting[0] = 0
    assert samples(metrics)[("vnvaxmatch_audit_waiting",)] == 0


def test_the_page_says_what_it_is() -> None:
    """The content type names the format and its version."""
    page, kind = Metrics().page()

    assert kind.startswith("text/plain; version=")
    assert page.endswith(b"\n")


def test_an_error_on_the_way_is_not_hidden() -> None:
    """A request that raises is no longer under way."""
    metrics = Metrics()
    with pytest.raises(ValueError, match="on purpose"), metrics.in_flight.track_inprogress():
        raise ValueError("on purpose")

    assert samples(metrics)[("vnvaxmatch_in_flight",)] == 0
