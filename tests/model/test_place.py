"""Where a challenger is: which URLs name a place, and what is said of those that do not."""

import pytest

from netmind_tui.model.place import read_url, resource_fault
from netmind_tui.model.problem import Problem


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("challenger.example", "a URL such as"),
        ("ftp://challenger.example", "a URL such as"),
        ("http://", "a URL such as"),
        ("http://127.0.0.1:99999", "a URL such as"),
        ("http://user@127.0.0.1", "a URL such as"),
        ("http://127.0.0.1/?a=1", "a URL such as"),
        ("http://challenger.example", "beyond this machine https is expected"),
        ("http://10.0.0.1:80", "beyond this machine https is expected"),
        ("http://127.0.0.1.example.org", "beyond this machine https is expected"),
        ("http://[::1", "a URL such as"),
    ],
)
def test_a_place_that_is_none_is_refused(url, words):
    with pytest.raises(Problem, match=words):
        read_url(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://127.0.0.1:8443", "127.0.0.1", 8443, ""),
        ("http://localhost/", "localhost", 80, ""),
        ("http://[::1]:1/a/", "::1", 1, "/a"),
        ("https://challenger.example/x", "challenger.example", 443, "/x"),
    ],
)
def test_a_place_is_read(url, host, port, path):
    place = read_url(url)
    assert (place.host, place.port, place.path) == (host, port, path)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://tariff.example/rates?size=96", None),
        ("http://127.0.0.1:8080/rates", None),
        ("http://tariff.example/rates", "beyond this machine https is expected"),
        ("https://ana:word@tariff.example/", "a URL such as https://tariff.example/rates.json is expected"),
        ("https://:word@tariff.example/", "a URL such as https://tariff.example/rates.json is expected"),
        ("https://tariff.example/#part", "a URL such as https://tariff.example/rates.json is expected"),
        ("file:///etc/passwd", "a URL such as https://tariff.example/rates.json is expected"),
        ("https://[", "a URL such as https://tariff.example/rates.json is expected"),
    ],
)
def test_what_may_be_fetched_has_no_name_in_it_and_is_safe_on_its_way(url, sentence):
    assert resource_fault(url) == sentence
