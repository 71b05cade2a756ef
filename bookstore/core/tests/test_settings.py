"""Settings come from the environment: listed in the README, refused where malformed."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

from bookstore.core.tests.processes import PATIENCE


def start(tmp_path: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_readme_lists_exactly_the_settings_that_are_read() -> None:
    source = (settings.BASE_DIR / "bookstore" / "settings.py").read_text()
    readme = (settings.BASE_DIR / "README.md").read_text()
    table = readme.partition("## Settings")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r'(?:\bread|environ\.get)\(\s*"(\w+)"', source)))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "eighty", "The setting PORT is malformed: 'eighty' is not a whole number from 1 to 65535.\n"),
        ("DEBUG", "maybe", "The setting DEBUG is malformed: 'maybe' is neither on nor off.\n"),
        ("DATABASE_URL", "mysql://x/y", "The setting DATABASE_URL is malformed: it must be a PostgreSQL address, "),
        ("STORE_CURRENCY", "euro", "The setting STORE_CURRENCY is malformed: 'euro' is not a currency code"),
    ],
)
def test_malformed_value_stops_the_start_with_one_sentence(
    tmp_path: object, name: str, value: str, sentence: str
) -> None:
    stopped = start(tmp_path, **{name: value})
    assert stopped.returncode == 1
    assert stopped.stderr.startswith(sentence)
    assert stopped.stderr.count("\n") == 1


@pytest.mark.parametrize("production", [{"DEBUG": "off"}, {"DATABASE_URL": "postgresql://shop@localhost/shop"}])
def test_missing_secret_stops_the_start_in_production(tmp_path: object, production: dict[str, str]) -> None:
    stopped = start(tmp_path, **production)
    assert stopped.returncode == 1
    assert stopped.stderr.startswith("The setting SECRET_KEY is missing")
    assert stopped.stderr.count("\n") == 1


def test_forms_lead_to_the_providers_that_are_offered_and_to_no_other(tmp_path: object) -> None:
    print_policy = (
        "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    shown = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", print_policy],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "GITHUB_CLIENT_ID": "shop"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert shown.stdout == "[\"'self'\", 'https://github.com']\n"
