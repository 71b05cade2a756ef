"""What has to happen before Django looks at a request at all."""

import re
from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def always_utf8(application: Application) -> Application:
    """
    Wrap a WSGI application so that it reads everything as UTF-8, whatever charset a Content-Type claims.

    Django would read the query with that charset as well, while it makes the request: `charset=hex` is then
    an exception that no middleware can answer.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
        return application(environ, start_response)

    return wrapped
