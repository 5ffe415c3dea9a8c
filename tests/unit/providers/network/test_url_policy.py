"""The form of a caller's URL, and the addresses that a policy permits."""

from ipaddress import ip_address

import pytest

from promptyard.domain.errors import EndpointRefused
from promptyard.providers.network.url_policy import MAX_URL_LENGTH, EndpointPolicy, normalise_base_url

ADDRESSES = ("8.8.8.8", "127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254")

SCHEME = "custom_base_url must be http or https"
USERINFO = "custom_base_url must not hold a user name or a password"
PORT = "custom_base_url must use port 80, 443 or one from 1024 to 65535"
CHARACTERS = "custom_base_url must not hold blanks, control characters or characters that no URL holds"
INVALID = "custom_base_url must be a valid URL"
NO_HOST = "custom_base_url must name a host"
ZONE = "custom_base_url must not name a network zone"
HOST = "custom_base_url must name a host by its DNS name, with no dot at the end, or by its IP address"
DECIMAL = "custom_base_url must give an IPv4 address as four decimal numbers"
LENGTH = f"custom_base_url must not be longer than {MAX_URL_LENGTH} characters"


@pytest.mark.parametrize(
    ("setting", "permitted"),
    [
        ("off", {"8.8.8.8"}),
        ("loopback", {"8.8.8.8", "127.0.0.1"}),
        (" Private ", {"8.8.8.8", "127.0.0.1", "10.0.0.1"}),
    ],
)
def test_the_setting_opens_no_more_than_it_names(setting: str, permitted: set[str]) -> None:
    policy = EndpointPolicy.from_setting(setting)
    assert {address for address in ADDRESSES if policy.permits(ip_address(address))} == permitted


@pytest.mark.parametrize("value", ["", "on", "true", "1", "all"])
def test_an_unknown_setting_is_an_error_and_not_a_guess(value: str) -> None:
    with pytest.raises(ValueError, match="off, loopback or private"):
        EndpointPolicy.from_setting(value)


def test_private_addresses_can_be_permitted_without_loopback() -> None:
    policy = EndpointPolicy(allow_private=True)
    assert policy.permits(ip_address("10.0.0.1"))
    assert not policy.permits(ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (EndpointPolicy(), "custom_base_url must lead to public addresses only"),
        (EndpointPolicy(allow_loopback=True), "custom_base_url must lead to public or loopback addresses only"),
        (
            EndpointPolicy(allow_loopback=True, allow_private=True),
            "custom_base_url must lead to public or loopback or private addresses only",
        ),
    ],
)
def test_the_refusal_of_an_address_tells_the_rule_alone(policy: EndpointPolicy, message: str) -> None:
    refusal = policy.refusal()
    assert refusal.message == message
    assert refusal.code == "endpoint_refused"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", SCHEME),
        ("api.example.com/v1", SCHEME),
        ("//api.example.com/v1", SCHEME),
        ("ftp://api.example.com", SCHEME),
        ("file:///etc/passwd", SCHEME),
        ("http+unix://%2Fvar%2Frun%2Fdocker.sock/v1", SCHEME),
        ("wss://api.example.com", SCHEME),
        ("http://user@api.example.com", USERINFO),
        ("http://:secret@api.example.com", USERINFO),
        ("http://api.example.com@127.0.0.1/", USERINFO),
        ("http://api.example.com%2f@127.0.0.1/", USERINFO),
        ("http://api.example.com:0", PORT),
        ("http://api.example.com:-1", PORT),
        ("http://api.example.com:22", PORT),
        ("http://api.example.com:1023", PORT),
        ("http://api.example.com:65536", PORT),
        ("http://api.example.com:http", INVALID),
        ("http://api.example.com ", CHARACTERS),
        (" http://api.example.com", CHARACTERS),
        ("http://api.example.com\n", CHARACTERS),
        ("http://api.example.com\r\nX-Injected: 1", CHARACTERS),
        ("http://api.example.com/\x00", CHARACTERS),
        ("http://api.example.com\\@127.0.0.1/", CHARACTERS),
        ("http://api.example.com/a\u2028b", CHARACTERS),
        ("http://api.exam\u200bple.com/", CHARACTERS),
        ("http://api.example.com/<script>", CHARACTERS),
        ("http:", NO_HOST),
        ("http://", NO_HOST),
        ("http:///v1", NO_HOST),
        ("http:127.0.0.1", NO_HOST),
        ("https://:443/", NO_HOST),
        ("http://[fe80::1%25eth0]/", ZONE),
        ("http://[::1]x/", INVALID),
        ("http://[::g]/", INVALID),
        ("http://[v1.a]/", INVALID),
        ("http://1.2.3.256/", INVALID),
        ("http://0177.0.0.1/", INVALID),
        ("http://\uff11\uff12\uff17.0.0.1/", INVALID),
        ("http://\u2460\u2461\u2466.0.0.1/", INVALID),
        ("http://xn--a/", INVALID),
        ("http://api..example.com/", HOST),
        ("http://.example.com/", HOST),
        ("http://localhost./", HOST),
        ("http://127.0.0.1./", HOST),
        ("http://-api.example.com/", HOST),
        ("http://%31%32%37.0.0.1/", HOST),
        ("http://api.example.com,127.0.0.1/", HOST),
        ("http://api*.example.com/", HOST),
        (f"http://{'a' * 64}.example.com/", HOST),
        (f"http://{'.'.join(['a' * 49] * 6)}/", HOST),
        ("http://2130706433/", DECIMAL),
        ("http://017700000001/", DECIMAL),
        ("http://0x7f000001/", DECIMAL),
        ("http://0X7F.1/", DECIMAL),
        ("http://127.1/", DECIMAL),
        ("http://127.0.1/", DECIMAL),
        ("http://1.2.3.4.5/", DECIMAL),
        ("http://0x7f.0.0.0x1/", DECIMAL),
        ("http://api.example.com/" + "a" * MAX_URL_LENGTH, LENGTH),
    ],
)
def test_a_url_of_a_wrong_form_is_refused_by_the_rule_it_breaks(url: str, message: str) -> None:
    with pytest.raises(EndpointRefused) as refusal:
        normalise_base_url(url)
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("https://api.example.com/v1///", "https://api.example.com/v1"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("https://api.example.com/v1/chat/completions/", "https://api.example.com/v1"),
        ("https://api.example.com/chat/completions", "https://api.example.com"),
        ("https://api.example.com/v1/./x/../", "https://api.example.com/v1"),
        ("HTTPS://API.Example.COM/V1", "https://api.example.com/V1"),
        ("https://api.example.com:443/v1", "https://api.example.com/v1"),
        ("http://api.example.com:/v1", "http://api.example.com/v1"),
        ("http://api.example.com:8080/v1", "http://api.example.com:8080/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://my_llm:8000/v1", "http://my_llm:8000/v1"),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1"),
        ("http://[::1]:1234/v1", "http://[::1]:1234/v1"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://api.example.com/project@eu/v1", "https://api.example.com/project@eu/v1"),
        ("https://3com.example4/v1", "https://3com.example4/v1"),
    ],
)
def test_a_good_url_is_put_into_its_normal_form(url: str, normal: str) -> None:
    assert normalise_base_url(url) == normal
    assert normalise_base_url(normal) == normal


@pytest.mark.parametrize("tail", ["?", "?api-version=1", "#", "#fragment", "?a#b"])
def test_a_base_url_has_no_query_and_no_fragment(tail: str) -> None:
    with pytest.raises(EndpointRefused, match="must not have a query or a fragment"):
        normalise_base_url(f"https://api.example.com/v1{tail}")
