"""Every address belongs where the IANA registries say, whatever form it is written in."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptyard.providers.network.addresses import Reach, literal_address, reach_of

PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.215.14 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
    168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255
    192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    2000:: 2001:200:: 2001:4860:4860::8888 2003:: 2606:4700:4700::1111 2620:4f:8001:: 3fff:1000:: 3fff:ffff::
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2606:4700::5efe:808:808
"""
LOOPBACK = "127.0.0.0 127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1"
PRIVATE = """
    10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.199 100.127.255.255 172.16.0.0 172.31.255.255 192.168.0.0
    192.168.255.255 fc00:: fd00:ec1:ffff:ffff:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::ffff:10.0.0.1
"""
FORBIDDEN = """
    0.0.0.0 0.255.255.255 100.100.100.200 168.63.129.16 169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255
    192.0.0.0 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.175.48.1 198.18.0.0 198.19.255.255
    198.51.100.1 203.0.113.1 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255
    :: ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:0:8.8.8.8 ::ffff:169.254.169.254 64:ff9a:: 64:ff9b::127.0.0.1
    64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::1:0:0 64:ff9b:1::8.8.8.8 100:: 100:0:0:1:: 1fff::
    2001:: 2001:0:808:808:: 2001:2:: 2001:3:: 2001:4:112:: 2001:10:: 2001:20:: 2001:30:: 2001:1ff:: 2001:db8::1
    2002:: 2002:808:808:: 2002:7f00:1:: 2620:4f:8000:: 3fff:: 3fff:fff:: 4000:: 5f00:: fbff::
    fd00:42::42 fd00:100::100:200 fd00:a9fe:a9fe::1 fd00:c1::a9fe:a9fe fd00:ec2:: fd00:ec2::254 fd20:ce::254
    fe00:: fe80:: fe80::1 fec0:: febf:ffff:: ff00:: ff02::1
    fe80::1%eth0 2606:4700::1%eth0 ::1%lo ::ffff:8.8.8.8%eth0
    2606:4700::5efe:7f00:1 2606:4700::200:5efe:a00:1 fd00::5efe:a9fe:a9fe
"""
TABLE = [
    (address, reach)
    for addresses, reach in (
        (PUBLIC, Reach.PUBLIC),
        (LOOPBACK, Reach.LOOPBACK),
        (PRIVATE, Reach.PRIVATE),
        (FORBIDDEN, Reach.FORBIDDEN),
    )
    for address in addresses.split()
]

ipv4_numbers = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(("address", "reach"), TABLE)
def test_an_address_belongs_where_the_registries_say(address: str, reach: Reach) -> None:
    assert reach_of(ip_address(address)) is reach


@given(st.integers(0, 2**128 - 1) | st.integers(0x2000 << 112, (0x4000 << 112) - 1))
def test_a_public_ipv6_address_is_global_to_the_standard_library_too(number: int) -> None:
    address = IPv6Address(number)
    if reach_of(address) is Reach.PUBLIC:
        assert address.is_global
        assert not address.is_multicast


@given(ipv4_numbers)
def test_a_public_ipv4_address_is_global_to_the_standard_library_too(number: int) -> None:
    address = IPv4Address(number)
    if reach_of(address) is Reach.PUBLIC:
        assert address.is_global
        assert not address.is_multicast


@given(ipv4_numbers)
def test_an_ipv4_address_keeps_its_reach_when_mapped_into_ipv6(number: int) -> None:
    assert reach_of(IPv6Address((0xFFFF << 32) | number)) is reach_of(IPv4Address(number))


@given(ipv4_numbers)
def test_a_translated_address_is_public_only_for_a_public_ipv4_address(number: int) -> None:
    expected = Reach.PUBLIC if reach_of(IPv4Address(number)) is Reach.PUBLIC else Reach.FORBIDDEN
    assert reach_of(IPv6Address((0x64FF9B << 96) | number)) is expected
    assert reach_of(IPv6Address((0x26064700 << 96) | (0x5EFE << 32) | number)) is expected


@given(ipv4_numbers)
def test_a_tunnel_is_forbidden_whatever_it_holds(number: int) -> None:
    six_to_four = (0x2002 << 112) | (number << 80)
    teredo = (0x20010000 << 96) | (number ^ 0xFFFFFFFF)
    local_nat64 = (0x64FF9B0001 << 80) | number
    for tunnel in (six_to_four, teredo, local_nat64):
        assert reach_of(IPv6Address(tunnel)) is Reach.FORBIDDEN


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", ip_address("127.0.0.1")),
        ("::ffff:1.2.3.4", ip_address("::ffff:1.2.3.4")),
        ("fe80::1%eth0", ip_address("fe80::1%eth0")),
        ("localhost", None),
        ("127.1", None),
        ("0177.0.0.1", None),
        ("127.0.0.1.", None),
        ("1::2::3", None),
    ],
)
def test_only_the_standard_spelling_is_a_literal_address(host: str, address: IPv4Address | IPv6Address | None) -> None:
    assert literal_address(host) == address
