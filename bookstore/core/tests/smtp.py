"""
A mail server on loopback, which takes mails over a real connection and refuses as it is told to.

Source: RFC 5321: the commands of a session (4.1.1), its replies (4.2), dots before lines of the text (4.5.2).
"""

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage


class MailServer(socketserver.ThreadingTCPServer):
    """`replies` says what the server answers to a command in place of taking it, as in {"RCPT": "550 No."}."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.replies: dict[str, str] = {}
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


class Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say(self.server.replies.get("CONNECT", "220 localhost"))
        for line in iter(self.rfile.readline, b""):
            command, _space, rest = line.decode().strip().partition(" ")
            refusal = self.server.replies.get(command.upper())
            if refusal:
                self.say(refusal)
            elif not self.take(command.upper(), rest):
                return

    def take(self, command: str, rest: str) -> bool:
        """Do what a command says; tell whether the session goes on."""
        address = rest[rest.find("<") + 1 : rest.find(">")]
        if command == "MAIL":
            self.sender, self.readers = address, list[str]()
        elif command == "RCPT":
            self.readers.append(address)
        elif command == "DATA":
            self.say("354 Go on")
            self.take_text()
        elif command not in {"EHLO", "HELO", "RSET", "NOOP", "QUIT"}:
            self.say("502 Unknown here")
            return True
        self.say("221 Bye" if command == "QUIT" else "250 OK")
        return command != "QUIT"

    def take_text(self) -> None:
        lines = [line.removeprefix(b".") for line in iter(self.rfile.readline, b".\r\n")]
        self.server.envelopes.append((self.sender, self.readers))
        self.server.mails.append(email.message_from_bytes(b"".join(lines), policy=policy.default))

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


@contextmanager
def open_mail_server() -> Iterator[MailServer]:
    """Run a mail server until the end of the block."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
