"""Rotations with the function, against a strict Secrets Manager, with a stop at every boundary and a retry."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from key_api import KeyApi
from rehearsal import rehearse

TESTS = Path(__file__).parent
FIRST = {"client": "my-app", "apiKey": "the-first-key-of-all"}


@pytest.fixture
def api() -> Iterator[KeyApi]:
    with KeyApi() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def options(api: KeyApi) -> dict[str, Any]:
    def secret() -> dict[str, str]:
        api.reset(FIRST["apiKey"])
        return FIRST

    return {
        # As in stacks.py.
        "generateStringKey": "apiKey",
        "passwordPolicy": {"passwordLength": 40, "excludePunctuation": True},
        "finishSecret": True,
        "versionStages": ["AWSPENDING", "AWSCURRENT"],
        # The function runs in lambda/, and finds the API where the service KEY_API_URL is.
        "cwd": str(TESTS.parent / "lambda"),
        "services": {"KEY_API_URL": api.url},
        # The SDK would wait between its attempts.
        "environment": {"AWS_MAX_ATTEMPTS": "1"},
        # What the test knows of the API, without the function.
        "secret": secret,
        "accepts": lambda value: api.accepts(value["apiKey"]),
        "state": lambda: api.keys,
    }


def test_the_key_rotates(api: KeyApi) -> None:
    report = rehearse("handler.handler", **options(api))
    assert report["findings"] == [], report["text"]
    assert report["boundaries"] > 4


def test_a_function_that_cannot_be_repeated_is_found(api: KeyApi) -> None:
    path = os.pathsep.join([str(TESTS), str(TESTS.parent / "lambda")])
    environment = {**options(api)["environment"], "PYTHONPATH": path}
    report = rehearse("naive.handler", **{**options(api), "environment": environment})
    [finding] = [finding for finding in report["findings"] if finding["kind"] == "retryFails"]
    assert finding["step"] == "setSecret"
    assert "in setSecret, after POST /keys/*** was done and before its reply was seen" in finding["message"]
    assert "The API answered POST" in finding["message"]
