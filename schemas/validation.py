"""The JSON Schemas of this folder, ready to hold a document against them. The one door to jsonschema-rs."""

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema ``<name>.schema.json`` as data. Raises FileNotFoundError where there is none."""
    text = files("mlnc.schemas").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def validator(name: str) -> "Draft202012Validator":
    """The validator of ``<name>.schema.json`` (JSON Schema 2020-12), made once."""
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema(name))


def problem(name: str, document: object) -> str | None:
    """What is wrong first with *document* under the schema *name*, ``place: reason``; else None."""
    try:
        error = next(validator(name).iter_errors(document), None)
    except ValueError as unsupported:  # a date, a float that is no number: nothing JSON has a word for
        return str(unsupported)
    return None if error is None else _describe(error)


def _describe(error: "ValidationError") -> str:
    place = "/".join(map(str, error.instance_path)) or "the document"
    return f"{place}: {error.message}"
