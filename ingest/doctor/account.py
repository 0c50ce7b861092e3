"""Whose token it is, and what it has left to spend: told by Hugging Face where it does, and never decisive."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest import environment
from ingest.doctor.findings import Check, Status
from ingest.doctor.masks import mask_token
from ingest.embedders.connection import Connection, read_json
from ingest.environment import Secret
from ingest.errors import IngestError
from ingest.settings import find_credential, is_of_hub

if TYPE_CHECKING:
    from ingest.model import Json

HUB = "https://huggingface.co"
READ = 10.0  # seconds; both are told for information
_OK, _UNKNOWN, _FORBIDDEN = 200, 401, 403
_NANO = 1e-9
_WITHOUT = {"hashing": "hashing asks no service", "sagemaker": "boto3 finds the credentials of AWS by itself"}
_TRUE = ("1", "ON", "YES", "TRUE")  # as huggingface_hub reads its own variables
_RIGHT = "Read billing usage and payment method status"


def look_for_token(spec: str, *, send: bool) -> tuple[Check, Secret | None]:
    """Find the credential that a service gets, and where others are. Raises CredentialError for an example.

    send: it goes to a host that is not Hugging Face's, too.
    """
    if why := _WITHOUT.get(spec.partition(":")[0]):
        return Check("token", Status.SKIPPED, f"not needed: {why}"), None
    secret = find_credential(spec, send=send)
    if secret is None:
        names = environment.TOKENS if is_of_hub(spec) else (environment.SERVICE_KEY,)
        return Check("token", Status.SKIPPED, f"none is set ({', '.join(names)})"), None
    shown = mask_token(secret.value)
    spare = f"; set too, and not used: {', '.join(secret.others)}" if secret.others else ""
    details: dict[str, Json] = {"from": secret.name, "others": list(secret.others), "token": shown}
    return Check("token", Status.OK, f"{shown} from {secret.name}{spare}", details), secret


def ask_account(token: Secret | None, hub: str) -> Check:
    """Ask whose the token is: one request, since few are allowed (huggingface_hub's `whoami` says so)."""
    answer = _ask("account", token, hub, "/api/whoami-v2")
    if isinstance(answer, Check):
        return answer
    name, role = answer.get("name"), _dig(answer, "auth", "accessToken", "role")
    if not isinstance(name, str):
        return Check("account", Status.SKIPPED, f"{_name(hub)} tells no name", hosts=(_name(hub),))
    plan = "PRO" if answer.get("isPro") is True else "free"
    found = answer.get("orgs")
    groups = [str(_dig(item, "name")) for item in found if _dig(item, "name")] if isinstance(found, list) else []
    kind = f", a {role} token" if isinstance(role, str) else ""
    member = f", member of {', '.join(groups)}" if groups else ""
    details = {"name": name, "plan": plan, "role": role if isinstance(role, str) else None, "organisations": groups}
    return Check("account", Status.OK, f"{name} ({plan}){kind}{member}", details, hosts=(_name(hub),))


def ask_credits(token: Secret | None, hub: str) -> Check:
    """Ask what was spent on inference this month.

    The route is the one that Hugging Face's own ml-intern uses (backend/usage.py); it is not documented, so that
    anything but the expected answer is only told.
    """
    now = datetime.now(UTC)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    period = f"startDate={start.timestamp():.0f}&endDate={now.timestamp():.0f}"
    answer = _ask("credits", token, hub, f"/api/settings/billing/usage-v2?{period}")
    if isinstance(answer, Check):
        return answer
    usage = _dig(answer, "usage", "inferenceProviders")
    used = _read_dollars(usage, "usedNanoUsd")
    if used is None:
        return Check("credits", Status.SKIPPED, f"{_name(hub)} tells nothing of them", hosts=(_name(hub),))
    included, limit = _read_dollars(usage, "includedNanoUsd"), _read_dollars(usage, "limitNanoUsd")
    requests = usage.get("numRequests")
    sentence = f"${used:.2f} spent this month"
    sentence += f", ${included:.2f} are included" if included is not None else ""
    sentence += f", {requests} requests" if isinstance(requests, int) else ""
    details = {"used_usd": used, "included_usd": included, "limit_usd": limit, "requests": requests}
    return Check("credits", Status.OK, sentence, details, hosts=(_name(hub),))


def _ask(name: str, token: Secret | None, hub: str, path: str) -> Mapping[str, Any] | Check:
    """Ask the hub; give the object that it answers, or the check that says why there is none."""
    if token is None:
        return Check(name, Status.SKIPPED, "not asked: no token is sent to Hugging Face")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE:
        return Check(name, Status.SKIPPED, "not asked: HF_HUB_OFFLINE is set")
    try:
        connection = Connection(hub, token=token.value, token_name=token.name, send_token=True, read=READ)
        response = connection.request("GET", f"{hub}{path}")
    except IngestError as error:
        return Check(name, Status.SKIPPED, f"could not be asked: {error}", hosts=(_name(hub),))
    answer = read_json(response)
    if response.status_code == _OK and isinstance(answer, dict):
        return answer
    reason = {
        _UNKNOWN: f"{_name(hub)} does not know the token from {token.name}",
        _FORBIDDEN: f"{_name(hub)} tells it to a token with the right '{_RIGHT}' alone",
    }.get(response.status_code, f"{_name(hub)} answers {response.status_code}")
    return Check(name, Status.SKIPPED, f"could not be asked: {reason}", hosts=(_name(hub),))


def _read_dollars(usage: object, name: str) -> float | None:
    value = _dig(usage, name)
    return value * _NANO if isinstance(value, int | float) else None


def _dig(value: object, *names: str) -> Any:  # noqa: ANN401 - JSON of others
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _name(hub: str) -> str:
    return hub.partition("://")[2]
