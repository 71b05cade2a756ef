"""Files as staff bring them in and take them out, and the jobs that work on them."""

import csv
from collections.abc import Iterable, Mapping
from io import BytesIO, StringIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import Workbook, load_workbook
from procrastinate.contrib.django.models import ProcrastinateJob

from bookstore.staff import jobs
from bookstore.staff.models import ExportRun, ImportRun

ADD_IMPORT = "/admin/staff/importrun/add/"
ADD_EXPORT = "/admin/staff/exportrun/add/"


def csv_file(*rows: Mapping[str, Any], name: str = "books.csv") -> SimpleUploadedFile:
    """Write rows under the columns that any of them has."""
    out = StringIO(newline="")
    writer = csv.DictWriter(out, list(dict.fromkeys(column for row in rows for column in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile(name, out.getvalue().encode())


def workbook(*rows: Iterable[Any], name: str = "books.xlsx", sheets: int = 1) -> SimpleUploadedFile:
    """Write rows of cells, the first of which names the columns."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for _number in range(sheets - 1):
        book.create_sheet()
    out = BytesIO()
    book.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def upload(staff: Client, file: SimpleUploadedFile | None, **wish: Any) -> Any:
    """Send the form of a new import; return the answer."""
    return staff.post(ADD_IMPORT, {"part": "BOOKS", **({"file": file} if file else {}), **wish})


def errors_of(answer: Any) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in answer.context["form"].errors.items()}


def work() -> None:
    """Do the waiting jobs of imports and exports, as a worker would."""
    for job in ProcrastinateJob.objects.filter(queue_name=jobs.QUEUE, status="todo").order_by("pk"):
        getattr(jobs, job.task_name.rpartition(".")[2]).func(**job.args)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.pk])


def brought_in(staff: Client, file: SimpleUploadedFile, **wish: Any) -> ImportRun:
    """Bring a file in as far as its preview."""
    answer = upload(staff, file, **wish)
    assert answer.status_code == 302, errors_of(answer)
    work()
    return ImportRun.objects.latest("pk")


def do(staff: Client, run: ImportRun, act: str) -> ImportRun:
    """Press a button of an import's page, and let the jobs work."""
    assert staff.post(f"/admin/staff/importrun/{run.pk}/do/{act}/").status_code == 302
    work()
    run.refresh_from_db()
    return run


def imported(staff: Client, file: SimpleUploadedFile, **wish: Any) -> ImportRun:
    """Bring a file in, and say yes."""
    return do(staff, brought_in(staff, file, **wish), "confirm")


def page_of(staff: Client, run: ImportRun | ExportRun) -> Any:
    return staff.get(f"/admin/staff/{run._meta.model_name}/{run.pk}/change/")


def notes_of(staff: Client, run: ImportRun) -> list[tuple[str, str]]:
    """Return line and reason of each reject and warning that the page shows."""
    return [(str(line), reason) for line, _kind, _key, reason in page_of(staff, run).context["notes"]["rows"]]


def changes_of(staff: Client, run: ImportRun) -> list[tuple[str, str, str, str]]:
    """Return title, column, from and to of each change that the page shows."""
    return [tuple(row[1:]) for row in page_of(staff, run).context["changes"]["rows"]]


def taken_out(staff: Client, **wish: Any) -> bytes:
    """Ask for a file, let it be written, and download it."""
    answer = staff.post(ADD_EXPORT, {"content": "BOOKS", "file_format": "csv", **wish})
    assert answer.status_code == 302, errors_of(answer)
    work()
    run = ExportRun.objects.latest("pk")
    assert run.error == "", run.error
    return b"".join(staff.get(f"/admin/staff/exportrun/{run.pk}/files/export/").streaming_content)


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """Read a file that was taken out, cells as they stand in it."""
    if content.startswith(b"PK"):
        header, *rows = load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
        return [dict(zip(header, row, strict=True)) for row in rows]
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))
