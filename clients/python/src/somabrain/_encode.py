"""Calls' arguments into JSON bodies. Nothing is checked here: the service knows its limits."""
from __future__ import annotations

import json
from datetime import date
from typing import Any, Iterable, Mapping
from urllib.parse import urlencode


def encode(body: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON; arguments that are None are left out. A lone surrogate, which no UTF-8 has, is
    sent all the same: the service's refusal names the field."""
    present = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(present, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "surrogatepass")


def query(parameters: Mapping[str, Any]) -> str:
    """"?name=value&…" for a path; arguments that are None are left out, objects are JSON."""
    present = {name: value if isinstance(value, str) else _text(value)
               for name, value in parameters.items() if value is not None}
    return "?" + urlencode(present, errors="surrogatepass") if present else ""


def _text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """What json does not know: times, arrays of numbers, any mapping and any iterable."""
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy's and array's
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"cannot be sent as JSON: {type(value).__name__}")
