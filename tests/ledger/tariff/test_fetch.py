import io
import socket
from email.message import Message
from urllib import request

import pytest

from netmind_tui.ledger.tariff import fetch as fetching
from netmind_tui.ledger.tariff import timed
from netmind_tui.ledger.tariff.fetch import Mark, Unanswered, fetch


def cause(url, **more):
    with pytest.raises(Unanswered) as failed:
        fetch(url, Mark(), **more)
    return failed.value.cause


def test_an_answer_is_read_with_what_the_server_calls_it(server):
    server.says("prices", ETag='"1"', Last_Modified="Mon, 05 Jan 2026 00:00:00 GMT")
    found = fetch(f"{server.url}?page_size=1500", Mark())
    assert (found.body, found.mark) == (b"prices", Mark(etag='"1"', last_modified="Mon, 05 Jan 2026 00:00:00 GMT"))
    assert server.asked[0].path == "/rates?page_size=1500"
    assert server.asked[0].headers["User-Agent"].startswith("netmind/")
    assert "If-None-Match" not in server.asked[0].headers


def test_what_is_known_is_not_sent_again(server):
    server.says("", 304)
    mark = Mark(etag='"1"', last_modified="Mon, 05 Jan 2026 00:00:00 GMT")
    found = fetch(server.url, mark)
    assert (found.body, found.mark) == (None, mark)
    assert server.asked[0].headers["If-None-Match"] == '"1"'
    assert server.asked[0].headers["If-Modified-Since"] == mark.last_modified


def test_an_error_is_told_with_how_long_the_server_wants_to_be_left_alone(server):
    server.says("busy", 503, Retry_After="120")
    server.says("no", 404, Retry_After="soon")
    with pytest.raises(Unanswered) as failed:
        fetch(server.url, Mark())
    assert (failed.value.cause, failed.value.wait_s) == ("HTTP 503", 120)
    assert cause(server.url) == "HTTP 404"


def test_nobody_there_is_told():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert cause(f"http://127.0.0.1:{unused.getsockname()[1]}/") == "connection refused"


def test_a_server_that_says_nothing_is_not_waited_for(server):
    server.answers.append(lambda _: server.gate.wait(20))
    assert cause(server.url, timeout_s=0.05) == "it does not answer in time"


@pytest.mark.parametrize("headers", [{}, {f"X_{number}": "x" * 1000 for number in range(90)}])
def test_a_server_that_drips_is_not_waited_for(server, monkeypatch, headers):
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr(timed.time, "monotonic", lambda: float(next(ticks)))
    server.says("" if headers else "x" * 5_000_000, **headers)
    assert cause(server.url, timeout_s=10) == "it does not answer in time"


def test_an_answer_without_an_end_is_cut_off(server, monkeypatch):
    monkeypatch.setattr(fetching, "LARGEST_BYTES", 1 << 20)
    server.says("x" * ((1 << 20) + 1))
    assert cause(server.url) == "its answer is larger than 1 MiB"


def test_an_answer_that_broke_off_is_none(server):
    server.says("half", Content_Length="400")
    assert cause(server.url) == "its answer broke off"


def test_a_compressed_answer_is_none(server):
    server.says("x", Content_Encoding="gzip")
    assert cause(server.url) == "its answer is compressed, which was not asked for"


def test_a_server_that_speaks_something_else_is_told(server):
    server.answers.append(lambda handler: handler.wfile.write(b"SSH-2.0\x1b[2J\r\n"))
    assert cause(server.url).isprintable()


@pytest.mark.parametrize("place", ["ftp://127.0.0.1/x", "http://tariff.example/x", "https://a@b.example/"])
def test_it_is_not_led_to_where_a_tariff_may_not_be_fetched_from(server, place):
    server.says("", 302, Location=place)
    assert cause(server.url) == "it leads elsewhere, to where a tariff may not be fetched from"
    assert len(server.asked) == 1


@pytest.mark.parametrize("place", ["https://127.0.0.1/rates", "https://localhost/rates", "http://127.0.0.1/rates"])
def test_a_server_far_away_does_not_lead_it_into_this_machine(place):
    asked, answer = request.Request("https://tariff.example/rates"), io.BytesIO()
    with pytest.raises(Unanswered, match="it leads elsewhere"):
        fetching._Redirects().redirect_request(asked, answer, 302, "", Message(), place)
    assert answer.closed


def test_it_follows_to_another_page_of_this_machine(server):
    server.says("", 302, Location="/other")
    server.says("prices")
    assert fetch(server.url, Mark()).body == b"prices"
    assert server.asked[1].path == "/other"


def test_a_circle_ends(server):
    server.says("", 302, Location="/rates")
    assert cause(server.url).isprintable()
    assert len(server.asked) < 20


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1", "gopher://127.0.0.1/"])
def test_what_is_no_url_is_told(url):
    assert cause(url)


def test_a_proxy_of_the_environment_is_not_asked_for_what_is_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    server.says("prices")
    assert fetch(server.url, Mark()).body == b"prices"
