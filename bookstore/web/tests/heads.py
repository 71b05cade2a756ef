"""What a page says of itself to programs, read as a program reads it."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

DATA = "application/ld+json"


@dataclass
class Head(HTMLParser):
    """The title, `meta` by name, `links` by relation, and `nodes`, which is the JSON-LD of the whole page."""

    title: str = ""
    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    scripts: int = 0
    within: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.within = given.get("type", tag) if tag == "script" else tag
        if tag == "meta" and (name := given.get("name") or given.get("property")):
            assert name not in self.meta, f"{name} is said twice"
            self.meta[name] = given["content"]
        elif tag == "link":
            self.links.setdefault(given["rel"], []).append(given["href"])
        self.scripts += tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within == DATA:
            self.nodes.append(json.loads(data))
        elif self.within == "title":
            self.title += data

    @property
    def canonical(self) -> str | None:
        addresses = self.links.get("canonical", [])
        assert len(addresses) < 2
        return addresses[0] if addresses else None

    @property
    def is_kept_out(self) -> bool:
        return self.meta.get("robots") == "noindex"

    def node(self, kind: str) -> dict[str, Any]:
        """Return the one node that is of a type, alone or among others."""
        (found,) = [node for node in self.nodes if node.get("@type") == kind or kind in list(node.get("@type", []))]
        return found


def head_of(response: Any) -> Head:
    assert response.status_code == 200
    head = Head()
    head.feed(response.text)
    head.close()
    return head
