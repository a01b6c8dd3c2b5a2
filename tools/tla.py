"""What trace2tla's readers share: values as TLA+ literals, a module of definitions."""
import json


class Trouble(Exception):
    """What is wrong with the files given."""


class Written(str):
    """A literal as it is."""


def literal(value):
    if isinstance(value, Written):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, list):
        return "<<" + ", ".join(map(literal, value)) + ">>"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(map(literal, sorted(value))) + "}"
    if isinstance(value, dict):
        return "[" + ", ".join(f"{name} |-> {literal(each)}" for name, each in value.items()) + "]"
    return json.dumps(value)


def function(pairs):
    """A function whose arguments are no identifiers; needs TLC's module."""
    return " @@ ".join(f"({literal(at)} :> {literal(value)})" for at, value in pairs.items()) or "<<>>"


def sequence(values):
    return "<<\n  " + ",\n  ".join(map(literal, values)) + ">>"


def module(definitions, extends=""):
    body = "".join(f"{name} == {value}\n" for name, value in definitions.items())
    return f"---- MODULE Recorded ----\n{extends}{body}====\n"
