"""Google, played by a real OpenID provider (oidc-provider-mock) in a process of its own; it prints its port."""

import os
import signal

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from oidc_provider_mock import run_server_in_thread  # noqa: E402

if __name__ == "__main__":
    with run_server_in_thread() as server:
        print(server.server_port, flush=True)  # noqa: T201
        signal.pause()
