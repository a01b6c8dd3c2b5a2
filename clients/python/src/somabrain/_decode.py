"""JSON answers into the classes of `results`, by their type hints."""
from __future__ import annotations

import dataclasses
import json
import sys
from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, Optional, Type, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import UnexpectedAnswer

T = TypeVar("T")


def decode(cls: Type[T], raw: object) -> T:
    """An instance of the dataclass; raises UnexpectedAnswer when `raw` does not fit it."""
    try:
        value: T = _message(cls, raw)
        return value
    except (TypeError, ValueError) as error:
        raise UnexpectedAnswer(f"not a {cls.__name__}: {error}") from error


def _message(cls: Any, raw: object) -> Any:
    if not isinstance(raw, dict):
        raise TypeError("an object was expected")
    hints = _hints(cls)
    # A field whose name Python keeps for itself ends in an underscore here.
    given = {name: name.rstrip("_") for name in hints}
    return cls(**{name: _value(hints[name], raw[key]) for name, key in given.items() if key in raw})


@lru_cache(maxsize=None)
def _hints(cls: Any) -> Dict[str, Any]:
    return get_type_hints(cls, vars(sys.modules[cls.__module__]))


def _value(hint: Any, raw: Any) -> Any:
    if get_origin(hint) is Union:  # Optional[X]
        return None if raw is None else _value(get_args(hint)[0], raw)
    if get_origin(hint) is list:
        return [_value(get_args(hint)[0], item) for item in _checked(list, raw)]
    if get_origin(hint) is dict:
        inner = get_args(hint)[1]
        return {key: _value(inner, item) for key, item in _checked(dict, raw).items()}
    if hint is Any:
        return raw
    if hint is datetime:
        return parse_time(_checked(str, raw))
    if hint is float:  # JSON prints 1.0 as 1
        return float(_checked((int, float), raw))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _message(hint, raw)
    return _checked(hint, raw)


def _checked(kind: Any, raw: Any) -> Any:
    if not isinstance(raw, kind):
        raise TypeError(f"{raw!r:.40} has the wrong type")
    return raw


def parse_time(text: str) -> datetime:
    """The API's own form, RFC 3339 in UTC, e.g. 2026-03-01T09:00:00.000000Z."""
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def decode_json(text: bytes) -> Optional[Any]:
    """The value, or None where there is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
