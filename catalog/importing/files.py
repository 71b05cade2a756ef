"""Opening a file to import, whichever of the kinds that we read it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from catalog.importing.reader import Table, UnreadableFile, open_csv
from catalog.importing.workbook import OLD_SIGNATURE, SIGNATURE, open_workbook


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """
    Open a CSV file in UTF-8 or a workbook (.xlsx); its first bytes say which, whatever it is called.

    Raises: UnreadableFile, also while it is read.
    """
    with ExitStack() as stack:
        beginning = _beginning_of(path)
        if beginning == OLD_SIGNATURE:
            raise UnreadableFile(_("This is an old workbook (.xls), or one with a password. Save it as .xlsx."))
        if beginning == SIGNATURE:
            yield stack.enter_context(open_workbook(path))
        else:
            yield stack.enter_context(open_csv(path))


def _beginning_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE))
    except OSError as error:
        raise UnreadableFile(_("The file cannot be read: %(error)s.") % {"error": error.strerror}) from error
