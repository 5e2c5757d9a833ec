"""The benchmarks run, and refuse to time a server that answers wrongly."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.contest import Contestant, UnfitError, check, wait_for
from benchmarks.load import WRK, Request, send, send_each
from benchmarks.machine import Machine, Process, free_port
from benchmarks.peers import upstream
from benchmarks.peers.data import AUTHORS, GREET, QUERIES, expected
from benchmarks.peers.servers import Server

CORES = Machine.here().load_cores


@pytest.fixture(scope="module")
def posts_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contestant]:
    """Atrium's server of the public job, over its upstream."""
    directory = tmp_path_factory.mktemp("posts")
    behind, url = upstream.start(CORES, directory)
    server = Server("Atrium", [sys.executable, "-m", "benchmarks.peers.atrium_posts"], environment={"SHARE": "1"})
    contestant = server.start(CORES, url, directory)
    try:
        wait_for(url, behind)
        yield contestant
    finally:
        contestant.process.stop()
        behind.stop()


def test_the_server_of_the_public_job_answers_its_three_queries(posts_server: Contestant) -> None:
    for query in QUERIES.values():
        check(posts_server, Request(query, "Bearer caller"), expected(query))


def test_an_answer_with_other_data_is_not_fit_to_be_timed(posts_server: Contestant) -> None:
    with pytest.raises(UnfitError, match=r"answers \{greet\} with other data"):
        check(posts_server, Request(GREET), {"greet": "Good evening!"})


def test_an_answer_with_errors_is_not_fit_to_be_timed(posts_server: Contestant) -> None:
    with pytest.raises(UnfitError, match="Cannot query field 'nothing'"):
        check(posts_server, Request("{nothing}"), {})


def test_a_server_that_ends_at_once_is_named_with_its_last_words(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "print('no port for me')"], CORES, tmp_path / "log", {})
    with pytest.raises(UnfitError) as refused:
        wait_for(f"http://127.0.0.1:{free_port()}/graphql", process)
    assert refused.value.reason == "no port for me"


def test_every_request_is_sent_once_and_its_time_is_taken(posts_server: Contestant) -> None:
    figures = send_each(posts_server.url, [Request(AUTHORS, f"Bearer {number}") for number in range(20)], connections=4)

    assert (figures.requests, figures.failures) == (20, 0)
    assert 0 < figures.p50_ms <= figures.p99_ms


def test_statuses_that_are_no_success_count_as_failures(posts_server: Contestant) -> None:
    figures = send_each(f"{posts_server.url}/nowhere", [Request(GREET)] * 3, connections=1)

    assert (figures.requests, figures.failures) == (3, 3)


@pytest.mark.skipif(WRK is None, reason="needs wrk")
def test_wrk_sends_the_requests_and_reports(posts_server: Contestant) -> None:
    figures = send(posts_server.url, [Request(GREET, "Bearer 'a'"), Request(GREET)], connections=2, seconds=1)

    assert figures.requests > 10
    assert figures.failures == 0
    assert figures.received > figures.requests * len('{"data":{"greet":"Hello World!"}}')


def test_a_process_has_memory_and_has_used_time(posts_server: Contestant) -> None:
    assert posts_server.process.rss_bytes > 10_000_000
    assert posts_server.process.cpu_seconds > 0
