"""Jinja2 environment: strict templates, and filters that quote values for the format of the generated file."""

import json
import shlex
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def quote_sh(value: object) -> str:
    """Return *value* as one word of POSIX sh, in single quotes where needed."""
    return shlex.quote(str(value))


def quote_cfg(value: str | int | list[str]) -> str:
    """Return *value* in the syntax of a domain file: a number, a string or a list. xl and xm (Python) both read it.

    Strings have double quotes, with a backslash before ``"`` and backslash. They must not contain control characters;
    the Xen target refuses those.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(quote_cfg, value))}]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quote_yaml(value: str) -> str:
    """Return *value* as a double-quoted scalar of YAML 1.1 and 1.2, whose escapes include those of JSON."""
    return json.dumps(value, ensure_ascii=False)


@cache
def environment() -> Environment:
    """Return the environment of all templates: undefined names are errors, blocks leave no blank lines."""
    made = Environment(
        loader=PackageLoader("mlnc.targets"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["sh"] = quote_sh
    made.filters["cfg"] = quote_cfg
    made.filters["yaml"] = quote_yaml
    return made


def render(template: str, **context: Any) -> str:
    """Return the text of *template* (a path below ``targets/templates``) with the values of *context*."""
    return environment().get_template(template).render(**context)
