"""Where the service is and how to be let in: arguments, environment, ports.json."""
from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path
from typing import Optional, Tuple, Union
from urllib.parse import urlsplit

PathLike = Union[str, "os.PathLike[str]"]
_SANDBOX_TOKEN = Path(".soma/secrets/sandbox-token")


def from_environment(url: Optional[str], token: Optional[str]) -> Tuple[str, Optional[str]]:
    """(URL, token): as given, else SOMABRAIN_URL and SOMABRAIN_TOKEN. ValueError without a URL."""
    url = url or os.environ.get("SOMABRAIN_URL")
    if not url:
        raise ValueError("no URL: pass one, set SOMABRAIN_URL, or use local()")
    return url, token or os.environ.get("SOMABRAIN_TOKEN")


def of_local_stack(folder: Optional[PathLike], token: Optional[str]) -> Tuple[str, Optional[str]]:
    """(URL, token) of the stack that `./dev up` left running around `folder`.

    The token: as given, else SOMABRAIN_TOKEN, else the sandbox tenant's beside ports.json.
    FileNotFoundError without a ports.json, ValueError when that file has no port of ours.
    """
    ports = find_ports(folder)
    try:
        port = json.loads(ports.read_bytes())["SOMABRAIN_HTTP_PORT"]
        url = f"http://127.0.0.1:{int(port)}"
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{ports}: no SOMABRAIN_HTTP_PORT") from error
    token = token or os.environ.get("SOMABRAIN_TOKEN")
    sandbox = ports.parent / _SANDBOX_TOKEN
    if not token and sandbox.is_file():
        token = sandbox.read_text().strip()
    return url, token


def find_ports(folder: Optional[PathLike]) -> Path:
    """The nearest ports.json from `folder` (the working directory) upwards; SOMABRAIN_PORTS_FILE
    names one when no folder is given."""
    named = os.environ.get("SOMABRAIN_PORTS_FILE")
    if folder is None and named:
        return Path(named)
    start = Path(folder if folder is not None else ".").resolve()
    for place in (start, *start.parents):
        if (place / "ports.json").is_file():
            return place / "ports.json"
    raise FileNotFoundError(f"no ports.json in {start} or above: is a stack up (./dev up)?")


def is_loopback(url: str) -> bool:
    """Such a service is reached directly, whatever proxy the environment names."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
