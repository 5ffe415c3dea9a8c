"""Whatever is not made here is text, in an element as in an attribute."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from promptyard.api.reports.markup import joined, tag

TEXTS = st.text(alphabet="<>&\"'=/ ab;!-\n\x00", max_size=20) | st.text(max_size=20)


class _Read(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def printable(text: str) -> str:
    return "".join(one if one.isprintable() or one in "\n\t" or ord(one) >= 0xA0 else "\ufffd" for one in text)


@given(text=TEXTS, title=TEXTS)
def test_what_is_put_in_comes_out_as_text(text: str, title: str) -> None:
    read = _Read(joined(tag("p", text, title=title), [tag("b", text)]))
    assert read.elements == [("p", {"title": printable(title)}), ("b", {})]
    assert read.text == 2 * printable(text)


def test_marks_are_written_so_that_nothing_ends_early() -> None:
    assert tag("p", "<b>&\"'", title="<b>&\"'") == (
        '<p title="&lt;b&gt;&amp;&quot;&#x27;">&lt;b&gt;&amp;&quot;&#x27;</p>'
    )
