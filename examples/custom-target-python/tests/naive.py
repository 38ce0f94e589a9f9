"""The handler with a mistake that no test of its replies finds: its setSecret can't be repeated."""

from typing import Any

import handler as correct


def set_secret(event: dict[str, Any]) -> None:
    """The API refuses to create a key that it has already."""
    pending, current = correct.pending_of(event), correct.current_of(event)
    correct.call("POST", f"/keys/{correct.id_of(pending)}", current)


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    correct.STEPS["setSecret"] = set_secret
    return correct.handler(event, context)
