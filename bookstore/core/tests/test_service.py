import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from bookstore.core import health
from bookstore.core.tests.processes import PATIENCE

pytestmark = [pytest.mark.urls("bookstore.core.tests.doors"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    # A probe gives up sooner than a slow machine may stand still.
    monkeypatch.setattr(health, "PATIENCE", PATIENCE)


def test_health_says_that_the_database_answers(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok"})
    assert "no-cache" in answer.headers["Cache-Control"]


def test_without_its_database_the_process_lives_but_is_not_well(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setitem(connection.settings_dict, "NAME", "nowhere")
    assert client.get("/healthz").json() == {"status": "ok"}
    for path in ("/health", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert (answer.json()["code"], answer.json()["database"]) == ("UNAVAILABLE", "away")


def test_ready_once_every_migration_is_applied(client: Client) -> None:
    health.migrated.clear()
    last = MigrationRecorder.Migration.objects.filter(app="core").latest("id")
    last.delete()
    assert (client.get("/readyz").status_code, client.get("/readyz").json()["database"]) == (503, "not migrated")
    last.save()
    assert client.get("/readyz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz", "/metrics"])
def test_service_addresses_can_only_be_read(client: Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD"
    assert client.head(path).status_code == 200


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer the-token"}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7", "Authorization": "Bearer the-token"}, 200),
        ("10.0.0.7", {"Authorization": "Bearer another"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer é"}, 403),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(
    client: Client, settings: Any, address: str, headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = "the-token"
    assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status


def test_an_empty_token_opens_nothing(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers={"Authorization": "Bearer "}).status_code == 403


def test_requests_are_counted_by_route(client: Client) -> None:
    client.get("/reset/MQ/hush/")
    client.generic("BREW", "/nowhere/hush/")
    text = client.get("/metrics").content.decode()
    assert 'http_requests_total{method="GET",route="reset",status="200"}' in text
    assert 'http_requests_total{method="OTHER",route="none",status="404"}' in text
    assert "hush" not in text


def test_all_processes_are_counted_together_and_dead_gauges_dropped(tmp_path: Path) -> None:
    def run(code: str) -> str:
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        script = f"from bookstore.core import metrics; {code}"
        return subprocess.check_output([sys.executable, "-c", script], env=environment, text=True, timeout=PATIENCE)

    count = "metrics.REQUESTS.labels('web:home', 'GET', 200).inc(); metrics.IN_PROGRESS.inc()"
    run(count)
    run(count)
    text = run(f"{count}; print(metrics.exposition().decode())")
    assert 'http_requests_total{method="GET",route="web:home",status="200"} 3.0' in text
    assert "http_requests_in_progress 1.0" in text


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs?script", "/api/redoc", "/api/redoc.js"])
def test_docs_fetch_nothing_from_elsewhere(client: Client, path: str) -> None:
    body = client.get(path).content
    for place in (b"//cdn", b"//fonts", b"//unpkg"):
        assert place not in body


def test_document_is_json_unless_yaml_is_asked_for(client: Client) -> None:
    assert client.get("/api/schema").json()["openapi"].startswith("3.")
    yaml = client.get("/api/schema", headers={"Accept": "application/vnd.oai.openapi"})
    assert yaml.content.startswith(b"openapi: 3.")


def test_public_read_may_be_kept_but_must_be_asked_for_again(client: Client) -> None:
    answer = client.get("/api/v1/public")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))
    again = client.get("/api/v1/public", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])


def test_public_read_that_changed_is_sent_anew(client: Client, no_groups: None) -> None:
    tag = client.get("/api/v1/public").headers["ETag"]
    Group.objects.create(name="readers")
    answer = client.get("/api/v1/public", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()) == (200, {"groups": 1})
