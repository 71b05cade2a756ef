"""How long imports and exports are kept."""

import shutil
import time
from datetime import timedelta

from django.conf import settings

from bookstore.staff.transfers import files
from bookstore.staff.transfers.models import AT_WORK, ExportRun, ImportRun

KEEP_IMPORTED = timedelta(days=30)
KEEP_EXPORTED = timedelta(days=7)  # orders have people's names
KEEP_RECORD = timedelta(days=365)
KEEP_STRAY = timedelta(days=1)


def delete_old_files() -> None:
    """Delete the files of what is over, those of nothing that is known, and what was done a year ago altogether."""
    for run in ImportRun.objects.older_than(KEEP_IMPORTED).exclude(state__in=AT_WORK):
        files.remove_files(run)
    for run in ExportRun.objects.older_than(KEEP_EXPORTED):
        files.remove_files(run)
    ImportRun.objects.older_than(KEEP_RECORD).delete()
    ExportRun.objects.older_than(KEEP_RECORD).delete()
    for kind, model in (("imports", ImportRun), ("exports", ExportRun)):
        for folder in (settings.DATA_DIR / "transfers" / kind).glob("*"):
            is_old = folder.stat().st_mtime < time.time() - KEEP_STRAY.total_seconds()
            if is_old and folder.name.isdecimal() and not model.objects.filter(pk=folder.name).exists():
                shutil.rmtree(folder, ignore_errors=True)
