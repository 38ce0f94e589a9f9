"""Rehearses the rotations of a function. Copy this file: https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/testing.md"""

import json
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

# Comes with the package. It runs on the Node.js that CDK needs too.
PROGRAM = Path(sys.executable).with_name("cdk-rotating-secret-rehearse")
FUNCTION = [sys.executable, "-m", "awslambdaric"]


def rehearse(handler: str, **options: Any) -> dict[str, Any]:
    """The report on a handler, such as "handler.handler". `secret`, `accepts` and `state` may be functions."""
    callbacks = {name: options.pop(name) for name in ("secret", "accepts", "state") if callable(options.get(name))}
    with Popen([PROGRAM], stdin=PIPE, stdout=PIPE, text=True) as program:
        assert program.stdin and program.stdout

        def send(message: dict[str, Any]) -> None:
            print(json.dumps(message), file=program.stdin, flush=True)

        send({"command": [*FUNCTION, handler], "callbacks": list(callbacks), **options})
        for line in program.stdout:
            message = json.loads(line)
            if "report" in message:
                return dict(message["report"])
            send({"result": callbacks[message["call"]](*message["arguments"])})
    raise RuntimeError(f"{PROGRAM.name} ended with exit code {program.returncode} and no report; it said why above")
