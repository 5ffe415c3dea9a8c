"""URLs that try to lead a server to an address inside its own network, and names whose look-ups do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

PUBLIC_ADDRESS = "93.184.215.14"
PUBLIC_NAME = "models.example.com"

INTERNAL_V4 = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "100.64.0.1"),
    *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("198.18.0.1", "224.0.0.1", "255.255.255.255"),
)
INTERNAL_V6 = (
    *("::1", "::", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001"),
    *("fe80::1", "fe80::1%25eth0", "fe80::1%eth0", "::1%25lo", "fc00::1", "fd12:3456:789a::1", "fec0::1"),
    *("fd00:ec2::254", "FD00:EC2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
    *("ff02::1", "ff05::2", "2001:db8::1", "3fff::1", "100::1", "5f00::1"),
)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class HostileUrls:
    """`port` is where the listener that must see nothing is bound."""

    port: int
    by_kind: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    """Scripted answers: name -> one list of addresses for each look-up."""
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    """What the public server answers: path -> status and Location."""

    def all(self) -> list[str]:
        return [url for urls in self.by_kind.values() for url in urls]


def make_hostile_urls(port: int) -> HostileUrls:
    hostile = HostileUrls(port)
    hostile.names[PUBLIC_NAME] = [[PUBLIC_ADDRESS]]
    for address in INTERNAL_V4:
        for kind, host in _ipv4_spellings(IPv4Address(address)):
            _add(hostile, kind, f"http://{host}:{port}/v1")
        for kind, number in _ipv6_forms(IPv4Address(address)):
            _add(hostile, kind, f"http://[{IPv6Address(number)}]:{port}/v1")
        _add(hostile, "mapped, dotted", f"http://[::ffff:{address}]:{port}/v1")
        _add(hostile, "compatible, dotted", f"http://[::{address}]:{port}/v1")
    for host in INTERNAL_V6:
        _add(hostile, "ipv6", f"http://[{host}]:{port}/v1")
    _add_parser_tricks(hostile)
    _add_names(hostile)
    _add_redirects(hostile)
    return hostile


def _add(hostile: HostileUrls, kind: str, url: str) -> None:
    hostile.by_kind.setdefault(kind, []).append(url)


def _ipv4_spellings(address: IPv4Address) -> Iterator[tuple[str, str]]:
    number = int(address)
    a, b, c, d = address.packed
    dotted = str(address)
    yield "dotted", dotted
    yield "decimal", f"{number}"
    yield "decimal, overflown", f"{number + 2**32}"
    yield "octal", f"0{number:o}"
    yield "hex", f"0x{number:x}"
    yield "hex, upper case", f"0X{number:X}"
    yield "octal parts", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield "octal parts, padded", f"{a:06o}.{b:06o}.{c:06o}.{d:06o}"
    yield "hex parts", f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"
    yield "mixed parts", f"{a}.0x{b:x}.0{c:o}.{d}"
    yield "mixed parts, ending in hex", f"0{a:o}.{b}.{c}.0x{d:x}"
    yield "three parts", f"{a}.{b}.{c * 256 + d}"
    yield "two parts", f"{a}.{(b * 256 + c) * 256 + d}"
    yield "two parts, mixed", f"0x{a:x}.0{(b * 256 + c) * 256 + d:o}"
    yield "trailing dot", f"{dotted}."
    yield "percent-encoded", "".join(f"%{ord(char):02x}" for char in dotted)
    yield "ideographic dots", dotted.replace(".", "\u3002")
    yield "fullwidth dots", dotted.replace(".", "\uff0e")
    yield "halfwidth dots", dotted.replace(".", "\uff61")
    yield "fullwidth digits", dotted.translate({ord(digit): 0xFEE0 + ord(digit) for digit in "0123456789"})
    yield "arabic digits", dotted.translate({ord(digit): 0x0630 + ord(digit) for digit in "0123456789"})


def _ipv6_forms(address: IPv4Address) -> Iterator[tuple[str, int]]:
    number = int(address)
    yield "mapped", (0xFFFF << 32) | number
    yield "compatible", number
    yield "translated (SIIT)", (0xFFFF << 48) | number
    yield "6to4", (0x2002 << 112) | (number << 80) | 1
    yield "NAT64", (0x64FF9B << 96) | number
    yield "NAT64, local use", (0x64FF9B0001 << 80) | number
    yield "Teredo client", (0x20010000 << 96) | (0x5DB8D70E << 64) | (number ^ 0xFFFFFFFF)
    yield "Teredo server", (0x20010000 << 96) | (number << 64) | 0xA2472FF1
    yield "ISATAP", (0x26064700 << 96) | (0x5EFE << 32) | number
    yield "ISATAP, link-local", (0xFE80 << 112) | (0x02005EFE << 32) | number


def _add_parser_tricks(hostile: HostileUrls) -> None:
    inside, outside = f"127.0.0.1:{hostile.port}", PUBLIC_NAME
    for url in (
        f"http://{outside}@{inside}/",
        f"http://{outside}:80@{inside}/",
        f"http://{outside}%40@{inside}/",
        f"http://{outside}%2f@{inside}/",
        f"http://a@{outside}@{inside}/",
        f"http://{outside}\\@{inside}/",
        f"http://{outside}\t@{inside}/",
        f"http://@{inside}/",
        f"http://:@{inside}/",
    ):
        _add(hostile, "userinfo", url)
    for url in (
        f"http://{inside}\\.{outside}/",
        f"http://{inside}#.{outside}/",
        f"http://{inside}?.{outside}/",
        f"http://{inside}/.{outside}/",
        f"http://127.0.0.1\x00.{outside}/",
        f"http://127.0.0.1%00.{outside}/",
        f"http://127.0.0.1 .{outside}/",
        f"http://127.0.0.1,{outside}/",
        f"http://[::1].{outside}/",
        f"http://[::1]{outside}/",
        f" http://{inside}/",
        f"http:// {inside}/",
        f"http://{inside}\r\nHost: {outside}/",
        f"http:{inside}/",
        f"http:/{inside}/",
        f"http:///{inside}/",
        f"http:\\\\{inside}\\",
        f"//{inside}/",
        f"{inside}/",
        "http:///v1",
        "http://",
        "",
    ):
        _add(hostile, "parser", url)
    schemes = ("file", "ftp", "gopher", "dict", "ldap", "ws", "wss", "unix", "http+unix", "httpx", "data", "socks5")
    for scheme in schemes:
        _add(hostile, "scheme", f"{scheme}://{inside}/")
    for port in (0, 21, 22, 25, 53, 110, 143, 445, 465, 993, 65536, 99999, -1):
        _add(hostile, "port", f"http://{outside}:{port}/")


def _add_names(hostile: HostileUrls) -> None:
    for index, address in enumerate((*INTERNAL_V4, *(host for host in INTERNAL_V6 if "%25" not in host))):
        scripts: Mapping[str, Sequence[Sequence[str]]] = {
            "private": [[address]],
            "private-last": [[PUBLIC_ADDRESS, address]],
            "private-first": [[address, PUBLIC_ADDRESS]],
            "rebinds": [[PUBLIC_ADDRESS], [address]],
            "flickers": [[address], [PUBLIC_ADDRESS], [address]],
        }
        for kind, script in scripts.items():
            name = f"{kind}-{index}.example.com"
            hostile.names[name] = script
            _add(hostile, f"name: {kind}", f"http://{name}:{hostile.port}/v1")
    for name in ("localhost", "LOCALHOST", "localhost.", "sub.localhost", "localhost.localdomain", "ip6-localhost"):
        hostile.names[name.lower()] = [["127.0.0.1", "::1"]]
        _add(hostile, "name: localhost", f"http://{name}:{hostile.port}/v1")
    hostile.names["empty.example.com"] = [[]]
    _add(hostile, "name: empty", f"http://empty.example.com:{hostile.port}/v1")


def _add_redirects(hostile: HostileUrls) -> None:
    for status in REDIRECTS:
        for address in (*INTERNAL_V4, "[::1]", "[::ffff:127.0.0.1]", "[fd00:ec2::254]", "localhost"):
            path = f"/redirect/{status}/{address.strip('[]')}"
            for asked in (path, f"{path}/chat/completions"):
                hostile.redirects[asked] = (status, f"http://{address}:{hostile.port}/inside")
            _add(hostile, "redirect", f"http://{PUBLIC_NAME}:{hostile.port}{path}")
