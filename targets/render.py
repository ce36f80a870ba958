"""The one door to Jinja2: strict templates, and the filters that quote for the reader at the other end."""

import json
import shlex
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def quote_sh(value: object) -> str:
    """*value* as one word of POSIX sh, whatever it holds (single quotes where it needs any)."""
    return shlex.quote(str(value))


def quote_cfg(value: str | int | list[str]) -> str:
    """*value* as a domain file has it, the same for xl and for xm (Python): a number, a string or a list.

    A string goes in double quotes, with a backslash before ``"`` and backslash. It may hold no control
    character: the Xen target has refused those.
    """
    if isinstance(value, list):
        return f"[{', '.join(map(quote_cfg, value))}]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def quote_yaml(value: str) -> str:
    """*value* as a double-quoted scalar of YAML 1.1 and 1.2, whose escapes include those of JSON."""
    return json.dumps(value, ensure_ascii=False)


@cache
def environment() -> Environment:
    """The environment of all templates: undefined names are errors, blocks leave no blank lines."""
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
    """The text of *template* (a path below ``targets/templates``) filled with *context*."""
    return environment().get_template(template).render(**context)
