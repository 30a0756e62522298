"""What HTML that stands in somebody else's page may hold."""

from __future__ import annotations

from html.parser import HTMLParser

ALLOWED = set(
    "div style p span math mi mn mo mrow mfrac msub msup msubsup mtext msqrt mspace table caption thead tbody tr th td details summary "
    "svg path polyline text".split()
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.styles += tag == "style"
        self.attributes |= {name for name, _ in attrs}


def harmless(text: str) -> None:
    """Assert that there is nothing in it but what tells and draws: no script, no link, no attribute that acts or loads."""
    reader = _Reader()
    reader.feed(text)
    assert reader.tags and reader.tags <= ALLOWED, reader.tags - ALLOWED
    assert reader.styles == 1  # ours
    assert not [name for name in reader.attributes if name.startswith("on") or name in ("href", "src", "style", "srcdoc")]
    assert "\u202e" not in text
