"""How much anybody may send to the shop."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase

from bookstore.core import problems
from bookstore.core.middleware import Answer
from bookstore.staff.transfers import importing

FORM = 2**20  # bytes of what is sent beside a file


class LimitBodies:
    """Refuse what is too large before it is taken in; Django would put any file of anybody's on the disk first."""

    def __init__(self, get_response: Answer):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"  # without one Django reads nothing
        if length.isdecimal() and int(length[:19]) > most_of(request):
            return problems.answer(request, problems.problem_of(RequestDataTooBig()))
        return self.get_response(request)


def most_of(request: HttpRequest) -> int:
    """Return how many bytes a request may bring; only staff upload files."""
    if request.path_info.startswith("/admin/") and request.user.is_staff:
        return importing.LARGEST_UPLOAD + FORM
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
