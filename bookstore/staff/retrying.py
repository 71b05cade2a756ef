"""The dashboard's buttons that have done after all what failed."""

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bookstore.core import failures
from bookstore.core.admin import ids_in
from bookstore.core.mail import send_again
from bookstore.core.models import Mail

MOST_AT_ONCE = 1_000


@require_POST
def retry_jobs(request: HttpRequest) -> HttpResponse:
    """Queue the failed jobs anew that are named, or all."""
    count = retried(request, "procrastinate.change_procrastinatejob", failures.failed_jobs(), failures.retry_jobs)
    text = ngettext("%(count)d job will be tried again.", "%(count)d jobs will be tried again.", count)
    messages.success(request, text % {"count": count})
    return redirect("admin:index")


@require_POST
def retry_mails(request: HttpRequest) -> HttpResponse:
    """Have the mails that were given up sent again that are named, or all."""
    count = retried(request, "core.change_mail", Mail.objects.failed().order_by("-failed_at"), send_again)
    text = ngettext("%(count)d mail will be sent again.", "%(count)d mails will be sent again.", count)
    messages.success(request, text % {"count": count})
    return redirect("admin:index")


def retried(request: HttpRequest, right: str, failed: QuerySet, retry: Callable[[Iterable[int]], int]) -> int:
    """Retry what the form names, else all, at most MOST_AT_ONCE; return how many. Raises: PermissionDenied."""
    if not request.user.has_perm(right):
        raise PermissionDenied
    if "id" in request.POST:
        failed = failed.filter(pk__in=ids_in(request.POST, MOST_AT_ONCE))
    return retry(list(failed.values_list("pk", flat=True)[:MOST_AT_ONCE]))
