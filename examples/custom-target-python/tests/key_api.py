"""A stand-in for the API whose keys rotate, on the loopback interface."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Two keys, a third one while they change, and room for what an abandoned rotation left.
MOST_KEYS = 5


def id_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class KeyApi(ThreadingHTTPServer):
    """Stores hashes of keys, the oldest first. Every live key may add and revoke others."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), KeyRequest)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.keys: list[str] = []

    def reset(self, key: str) -> None:
        """Gives the client its first key, as a person does once."""
        self.keys = [id_of(key)]

    def accepts(self, key: str) -> bool:
        return id_of(key) in self.keys

    def answer(self, method: str, path: str, key: str) -> tuple[int, Any]:
        target = path.removeprefix("/keys/")
        if not self.accepts(key):
            return 401, None
        match method, path.split("/")[1]:
            case "GET", "whoami":
                return 200, {"client": "my-app"}
            case "GET", "keys":
                return 200, {"keys": self.keys}
            case "PUT", "keys":
                if target not in self.keys and len(self.keys) >= MOST_KEYS:
                    return 409, None
                self.keys = [*self.keys, target] if target not in self.keys else self.keys
                return 200, None
            case "POST", "keys":
                if target in self.keys:
                    return 409, None
                self.keys = [*self.keys, target]
                return 201, None
            case "DELETE", "keys":
                if target == id_of(key):
                    return 409, None
                self.keys = [live for live in self.keys if live != target]
                return 200, None
        return 404, None


class KeyRequest(BaseHTTPRequestHandler):
    server: KeyApi

    def answer(self) -> None:
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        status, body = self.server.answer(self.command, self.path, key)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass
