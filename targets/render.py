"""The one door to Jinja2: strict templates, and the filters that quote for the reader at the other end."""

import shlex
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def quote_sh(value: object) -> str:
    """*value* as one word of POSIX sh, whatever it holds (single quotes where it needs any)."""
    return shlex.quote(str(value))


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
    return made


def render(template: str, **context: Any) -> str:
    """The text of *template* (a path below ``targets/templates``) filled with *context*."""
    return environment().get_template(template).render(**context)
