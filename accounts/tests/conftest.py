from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

from accounts import social
from accounts.tests import providers
from accounts.tests.providers.github import CLIENT_ID, CLIENT_SECRET
from bookstore.core.tests.processes import PATIENCE


@pytest.fixture(scope="session")
def google_process() -> Iterator[str]:
    with providers.running("google") as port:
        yield f"http://localhost:{port}"


@pytest.fixture(scope="session")
def github_process() -> Iterator[str]:
    with providers.running("github") as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the shop wait for a provider whose process is only slow."""
    monkeypatch.setattr(social, "PATIENCE", PATIENCE)


@pytest.fixture
def google(google_process: str, patience: None, settings: Any) -> providers.Google:
    """Google, whom the shop is told to be a client of."""
    app = {"provider_id": "google", "name": "Google", "client_id": "google-client", "secret": "google-secret"}
    apps = [{**app, "settings": {"server_url": google_process}}]
    settings.SOCIALACCOUNT_PROVIDERS = settings.SOCIALACCOUNT_PROVIDERS | {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}
    }
    return providers.Google(google_process)


@pytest.fixture
def github(github_process: str, patience: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> providers.GitHub:
    """GitHub, whom the shop is told to be a client of."""
    apps = [{"name": "GitHub", "client_id": CLIENT_ID, "secret": CLIENT_SECRET}]
    settings.SOCIALACCOUNT_PROVIDERS = settings.SOCIALACCOUNT_PROVIDERS | {
        "github": {"OAUTH_PKCE_ENABLED": True, "APPS": apps, "GITHUB_URL": github_process}
    }
    # allauth has read GITHUB_URL when it was imported.
    for name, path in {
        "authorize_url": "/login/oauth/authorize",
        "access_token_url": "/login/oauth/access_token",
        "profile_url": "/api/v3/user",
        "emails_url": "/api/v3/user/emails",
    }.items():
        monkeypatch.setattr(GitHubOAuth2Adapter, name, github_process + path)
    github = providers.GitHub(github_process)
    github.fail("")
    return github


@pytest.fixture(params=["google", "github"])
def provider(request: pytest.FixtureRequest) -> providers.Provider:
    """Each of the two."""
    return request.getfixturevalue(request.param)
