"""Adds the pending key of a secret to an HTTP API, and at the end revokes older keys."""

import hashlib
import json
import os
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3

EVENT_VERSION = 1
FIELDS = ("eventVersion", "step", "secretId", "pendingVersionId", "currentVersionId")
TIMEOUT_SECONDS = 5

secrets_manager = boto3.client("secretsmanager")


class Refused(Exception):
    """The API refused a request."""


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """The reply to an event of RotationTarget.invoke. Other fields of the event are ignored."""
    problem = find_problem(event)
    if problem:
        return {"status": "failed", "reason": problem}
    try:
        STEPS[event["step"]](event)
    except Refused as refusal:
        return {"status": "failed", "reason": str(refusal)}
    return {"status": "done"}


def find_problem(event: dict[str, Any]) -> str | None:
    """The reason to refuse the event, if there is one."""
    missing = [field for field in FIELDS if field not in event]
    if missing:
        return f"The event lacks {', '.join(missing)}"
    if event["eventVersion"] != EVENT_VERSION:
        return f"The event has the version {event['eventVersion']}, and this function knows {EVENT_VERSION}"
    if event["step"] not in STEPS:
        return f"The event has the step {event['step']}, and this function knows {', '.join(STEPS)}"
    return None


def set_secret(event: dict[str, Any]) -> None:
    """Adds the new key next to the current one. The API also succeeds if it has the key already."""
    pending, current = pending_of(event), current_of(event)
    call("PUT", f"/keys/{id_of(pending)}", current)


def test_secret(event: dict[str, Any]) -> None:
    """The API accepts the new key, and it belongs to the client."""
    pending = pending_of(event)
    client = call("GET", "/whoami", pending)["client"]
    if client != pending["client"]:
        raise Refused(f"The key is one of {client}")


def finish_secret(event: dict[str, Any]) -> None:
    """Revokes every key that is older than the new one, except the current one, which readers may use until the next
    rotation. That revokes the previous key, and keys of abandoned rotations. A younger key stays: a later rotation
    added it.
    """
    pending, current = pending_of(event), current_of(event)
    keys = call("GET", "/keys", pending)["keys"]
    for key in keys[: keys.index(id_of(pending))]:
        if key != id_of(current):
            call("DELETE", f"/keys/{key}", pending)


STEPS = {"setSecret": set_secret, "testSecret": test_secret, "finishSecret": finish_secret}


def pending_of(event: dict[str, Any]) -> Any:
    return value_of(event["secretId"], event["pendingVersionId"], "AWSPENDING")


def current_of(event: dict[str, Any]) -> Any:
    return value_of(event["secretId"], event["currentVersionId"], "AWSCURRENT")


def value_of(secret_id: str, version_id: str, stage: str) -> Any:
    """The value of a version. The permission depends on the staging label, so the call has to name it."""
    version = secrets_manager.get_secret_value(SecretId=secret_id, VersionId=version_id, VersionStage=stage)
    return json.loads(version["SecretString"])


def id_of(value: Any) -> str:
    """The API's id of a key, so that no key is in a URL."""
    return hashlib.sha256(value["apiKey"].encode()).hexdigest()


def call(method: str, path: str, value: Any) -> Any:
    """The response of the API to a request with the key of a value."""
    headers = {"Authorization": f"Bearer {value['apiKey']}"}
    request = Request(f"{os.environ['KEY_API_URL']}{path}", method=method, headers=headers)
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return json.loads(response.read() or "null")
    except HTTPError as error:
        raise Refused(f"The API answered {method} {path} with {error.code}") from None
