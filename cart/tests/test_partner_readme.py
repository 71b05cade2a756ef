"""The lines of Python that the README shows to partners, run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from bookstore.core.tests.processes import PATIENCE
from cart.tests.partner_stage import Stage

pytestmark = pytest.mark.django_db(transaction=True)

PROTOC = ["-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--grpc_python_out=.", "cart.proto"]


def run(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_examples_of_the_readme_work(live_server: Any, grpc_port: int, tmp_path: Path) -> None:
    stage = Stage()
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert f"python {' '.join(PROTOC)}" in readme
    shutil.copy(settings.BASE_DIR / "cart" / "rpc" / "cart.proto", tmp_path)
    run(tmp_path, *PROTOC)
    places = {
        "http://localhost:8000": live_server.url, "localhost:50051": f"127.0.0.1:{grpc_port}",
        "company_id=1": f"company_id={stage.rows['seller'].pk}", "product_id=2": f"product_id={stage.rows['book'].pk}",
        "user_id=3": f"user_id={stage.rows['shopper'].pk}",
    }  # fmt: skip
    said = []
    for example in re.findall(r"```python\n(.+?)```", readme, re.DOTALL):
        for old, new in places.items():
            example = example.replace(old, new)
        said.append(run(tmp_path, "-c", example, TOKEN=stage.callers["service"].token))
    cart = stage.rows["active"].pk
    assert said == [f"{cart} ACTIVE 30.00 EUR\n", f"{cart} ACTIVE 40.00 EUR\n"]
