"""
A double of GitHub in a process of its own, as far as GitHub documents it; what it does not know it refuses.

Sources, below https://docs.github.com/en:
[1] apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps (web application flow)
[2] apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
[3] rest/users/users#get-the-authenticated-user
[4] rest/users/emails#list-email-addresses-for-the-authenticated-user
[5] apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
Below /api/v3 is the API of a GitHub of one's own: enterprise-server/rest/enterprise-admin.

It prints its port. Tests tell it by PUT below /told/, which GitHub does not have, who there is and what fails.
"""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CLIENT_ID, CLIENT_SECRET = "github-client", "github-secret"

# [1] step 1; GitHub has some more, which the shop has no use for.
AUTHORIZE = {"client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "response_type"}
# [1] step 2. This `grant_type` and the `response_type` above are OAuth's own (RFC 6749, 4.1), which GitHub lets pass.
TOKEN = {"client_id", "client_secret", "code", "redirect_uri", "code_verifier", "grant_type"}

Params = dict[str, str]


@dataclass
class Grant:
    """What a person allowed: a code, and after it is spent a token."""

    login: str
    params: Params
    made_at: float = field(default_factory=time.time)


class GitHub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Call)
        self.people: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.failing: dict[str, Any] = {}  # status by path


class Call(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        calls = {
            "/login/oauth/authorize": self.ask_person,
            "/api/v3/user": self.show_user,
            "/api/v3/user/emails": self.list_emails,
        }
        self.answer(calls)

    def do_POST(self) -> None:
        self.answer({"/login/oauth/authorize": self.hear_person, "/login/oauth/access_token": self.make_token})

    def do_PUT(self) -> None:
        self.answer({"/told/people": self.server.people.update, "/told/failing": self.be_failing})

    def answer(self, calls: dict[str, Any]) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if path in self.server.failing:
            time.sleep(self.server.failing[path].get("after", 0))
            self.send(self.server.failing[path]["status"], self.server.failing[path].get("body", ""))
        elif path not in calls:
            self.send(404, {"message": "Not Found"})
        elif path.startswith("/told/"):
            calls[path](json.loads(body))
            self.send(204)
        else:
            calls[path](dict(parse_qsl(body, strict_parsing=bool(body))))

    def be_failing(self, paths: dict[str, Any]) -> None:
        self.server.failing = paths

    # The person's browser

    def asked(self) -> Params | None:
        params = dict(parse_qsl(urlsplit(self.path).query, strict_parsing=True))
        is_known = params.get("client_id") == CLIENT_ID and params.keys() == AUTHORIZE
        return params if is_known and params["code_challenge_method"] == "S256" else None

    def ask_person(self, _form: Params) -> None:
        if self.asked() is None:
            return self.send(404, "What is asked is not known here.")
        names = "".join(f'<button name="login" value="{login}">{login}</button>' for login in self.server.people)
        self.send(200, f'<!doctype html><title>GitHub</title><form method="post">{names}</form>', "text/html")

    def hear_person(self, form: Params) -> None:
        """[1] step 1 ends: back to the shop with code and state. Who declines: [2], "access denied"."""
        params = self.asked()
        if params is None:
            return self.send(404, "What is asked is not known here.")
        if form.get("login") not in self.server.people:
            said = {"error": "access_denied", "error_description": "The user has denied your application access."}
        else:
            said = {"code": secrets.token_hex(10)}
            self.server.codes[said["code"]] = Grant(form["login"], params)
        self.send(302, to=f"{params['redirect_uri']}?{urlencode({**said, 'state': params['state']})}")

    # The shop

    def make_token(self, form: Params) -> None:
        """[1] step 2. Errors come with status 200, and the answer is a form unless JSON is accepted: [1], [2]."""
        grant = self.server.codes.pop(form.get("code", ""), None)
        if form.keys() != TOKEN or (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return self.say_of_token({"error": "incorrect_client_credentials"})
        # A code counts once, for ten minutes: [1].
        if grant is None or time.time() - grant.made_at > 600 or not is_proven(grant, form["code_verifier"]):
            return self.say_of_token({"error": "bad_verification_code"})
        if form["redirect_uri"] != grant.params["redirect_uri"]:
            return self.say_of_token({"error": "redirect_uri_mismatch"})
        token = f"gho_{secrets.token_hex(18)}"
        self.server.tokens[token] = grant
        self.say_of_token({"access_token": token, "scope": grant.params["scope"], "token_type": "bearer"})

    def say_of_token(self, said: Params) -> None:
        if self.headers.get("Accept") == "application/json":
            return self.send(200, said)
        self.send(200, urlencode(said), "application/x-www-form-urlencoded; charset=utf-8")

    def granted(self) -> Grant | None:
        scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
        grant = self.server.tokens.get(token) if scheme.lower() in {"bearer", "token"} else None
        if grant is None:
            self.send(401, {"message": "Bad credentials"})
        return grant

    def show_user(self, _form: Params) -> None:
        """[3]: the e-mail is the public one, and null for most."""
        if grant := self.granted():
            self.send(200, {"login": grant.login, **self.server.people[grant.login]["user"]})

    def list_emails(self, _form: Params) -> None:
        """[4], for who allowed `user:email`: [5]; without that there is nothing: 404."""
        if grant := self.granted():
            if "user:email" not in grant.params["scope"].split():
                return self.send(404, {"message": "Not Found"})
            self.send(200, self.server.people[grant.login]["emails"])

    def send(self, status: int, body: Any = "", kind: str = "application/json; charset=utf-8", to: str = "") -> None:
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        if to:
            self.send_header("Location", to)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""


def is_proven(grant: Grant, verifier: str) -> bool:
    """RFC 7636, 4.6."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return digest == grant.params["code_challenge"]


if __name__ == "__main__":
    with GitHub() as server:
        print(server.server_port, flush=True)  # noqa: T201
        server.serve_forever()
