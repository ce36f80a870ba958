"""Validation of documents against the JSON Schemas of this folder. Only this module imports jsonschema-rs."""

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError


@cache
def schema(name: str) -> dict[str, Any]:
    """Schema ``<name>.schema.json`` as data. Raises FileNotFoundError for an unknown name."""
    text = files("mlnc.schemas").joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


@cache
def validator(name: str) -> "Draft202012Validator":
    """Validator of ``<name>.schema.json`` (JSON Schema 2020-12), compiled once and cached."""
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(schema(name))


def problem(name: str, document: object) -> str | None:
    """First violation of the schema *name* in *document*, as ``place: reason``; None for a valid document."""
    try:
        error = next(validator(name).iter_errors(document), None)
    except ValueError as unsupported:  # values without a JSON type, such as a date or NaN
        return str(unsupported)
    return None if error is None else _describe(error)


def _describe(error: "ValidationError") -> str:
    place = "/".join(map(str, error.instance_path)) or "the document"
    return f"{place}: {error.message}"
