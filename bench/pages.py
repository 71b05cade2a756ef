"""How heavy the pages are that shoppers see most."""

import re
from gzip import decompress
from http.client import HTTPConnection
from typing import NamedTuple

PARTS = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


class Weight(NamedTuple):
    """Bytes as the shop sends them, compressed, without headers and pictures."""

    html: int
    css: int
    js: int


def weigh(port: int, path: str, cookie: str) -> Weight:
    """Load a page with its styles and scripts, as a browser does that comes for the first time."""
    page = fetch(port, path, cookie)
    sizes = {part: len(fetch(port, part, cookie)) for part in PARTS.findall(decompress(page).decode())}
    css, js = (sum(size for part, size in sizes.items() if part.endswith(kind)) for kind in (".css", ".js"))
    return Weight(len(page), css, js)


def fetch(port: int, path: str, cookie: str) -> bytes:
    """Return a body as it is sent. Raises: SystemExit where the answer is another than that."""
    server = HTTPConnection("127.0.0.1", port, timeout=30)
    own = {"Host": "localhost", "Accept-Encoding": "gzip", "Cookie": cookie}
    server.request("GET", path, headers=own)
    answer = server.getresponse()
    body = answer.read()
    server.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answers {answer.status}.")
    return body
