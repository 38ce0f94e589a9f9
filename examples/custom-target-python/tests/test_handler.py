"""What the function answers to events, and what it asks the API for."""

import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.stub import Stubber

import handler

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:my-app/api-key-AbCdEf"
PENDING = "11111111-2222-4333-8444-555555555555"
CURRENT = "66666666-7777-4888-8999-000000000000"
EVENT = {
    "eventVersion": 1,
    "step": "setSecret",
    "action": "Make the target accept the value of the version pendingVersionId, unless it does already.",
    "secretId": SECRET,
    "pendingVersionId": PENDING,
    "currentVersionId": CURRENT,
    "remainingTimeInMillis": 28750,
}
NEW, OLD, OLDER = "new-key", "old-key", "older-key"


def id_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Api(ThreadingHTTPServer):
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ApiRequest)
        self.asked: list[tuple[str, str | None]] = []
        self.answers: dict[str, Any] = {"GET /whoami": {"client": "my-app"}}
        self.status = 200


class ApiRequest(BaseHTTPRequestHandler):
    server: Api

    def answer(self) -> None:
        request = f"{self.command} {self.path}"
        self.server.asked.append((request, self.headers["Authorization"]))
        body = json.dumps(self.server.answers.get(request)).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with Api() as server:
        monkeypatch.setenv("KEY_API_URL", f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def versions() -> Iterator[Stubber]:
    """The versions of the secret, which are read in this order, each with its staging label."""
    with Stubber(handler.secrets_manager) as stub:
        for version_id, stage, key in ((PENDING, "AWSPENDING", NEW), (CURRENT, "AWSCURRENT", OLD)):
            stub.add_response(
                "get_secret_value",
                {"SecretString": json.dumps({"client": "my-app", "apiKey": key})},
                {"SecretId": SECRET, "VersionId": version_id, "VersionStage": stage},
            )
        yield stub


@pytest.mark.parametrize("field", handler.FIELDS)
def test_a_missing_field_is_named(field: str) -> None:
    event = {name: value for name, value in EVENT.items() if name != field}
    assert handler.handler(event, None) == {"status": "failed", "reason": f"The event lacks {field}"}


def test_every_missing_field_is_named() -> None:
    assert handler.handler({"step": "setSecret"}, None) == {
        "status": "failed",
        "reason": "The event lacks eventVersion, secretId, pendingVersionId, currentVersionId",
    }


@pytest.mark.parametrize(("field", "value"), [("eventVersion", 2), ("step", "createSecret")])
def test_what_is_not_known_is_refused_and_named(field: str, value: object) -> None:
    reply = handler.handler({**EVENT, field: value}, None)
    assert reply["status"] == "failed"
    assert str(value) in reply["reason"]


def test_fields_that_are_not_known_are_ignored(api: Api, versions: Stubber) -> None:
    assert handler.handler({**EVENT, "new": {"in": "this version"}}, None) == {"status": "done"}
    versions.assert_no_pending_responses()


def test_the_new_key_is_added_with_the_current_one(api: Api, versions: Stubber) -> None:
    assert handler.handler(EVENT, None) == {"status": "done"}
    assert api.asked == [(f"PUT /keys/{id_of(NEW)}", f"Bearer {OLD}")]


def test_the_new_key_is_tried_and_nothing_else_is_read(api: Api, versions: Stubber) -> None:
    assert handler.handler({**EVENT, "step": "testSecret"}, None) == {"status": "done"}
    assert api.asked == [("GET /whoami", f"Bearer {NEW}")]


def test_a_key_of_another_client_is_refused(api: Api, versions: Stubber) -> None:
    api.answers = {"GET /whoami": {"client": "other-app"}}
    reply = handler.handler({**EVENT, "step": "testSecret"}, None)
    assert reply == {"status": "failed", "reason": "The key is one of other-app"}


def test_older_keys_are_revoked_but_for_the_current_one(api: Api, versions: Stubber) -> None:
    api.answers = {"GET /keys": {"keys": [id_of(key) for key in (OLDER, OLD, "left", NEW, "later")]}}
    assert handler.handler({**EVENT, "step": "finishSecret"}, None) == {"status": "done"}
    assert api.asked == [
        ("GET /keys", f"Bearer {NEW}"),
        (f"DELETE /keys/{id_of(OLDER)}", f"Bearer {NEW}"),
        (f"DELETE /keys/{id_of('left')}", f"Bearer {NEW}"),
    ]


def test_a_refusal_of_the_api_is_said_without_a_key(api: Api, versions: Stubber) -> None:
    api.status = 409
    reply = handler.handler(EVENT, None)
    assert reply == {"status": "failed", "reason": f"The API answered PUT /keys/{id_of(NEW)} with 409"}
