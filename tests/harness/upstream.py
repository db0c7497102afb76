"""What a web server in front hands on of what a client says of itself."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLAIMED = "203.0.113.99"
# In each way that a server could hand on.
CLAIMS = {"X-Forwarded-For": CLAIMED, "X-Real-IP": CLAIMED,
          "Forwarded": f"for={CLAIMED};proto=http"}


class Upstream:
    """In the helper's place: keeps the headers of what is passed on."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, self.headers.get_all("X-Forwarded-For") or []))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Upstream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
