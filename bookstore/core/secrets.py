"""The secret of a shop that runs on its maker's machine."""

import os
import secrets
from pathlib import Path


def local_secret(folder: Path) -> str:
    """Return the secret key kept in `folder`, made at the first call; two first calls at once agree on one."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret-key.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text()
