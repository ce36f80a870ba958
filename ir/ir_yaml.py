"""The IR as data and as YAML text, there and back.

``dump_*`` and ``load_*`` hold every document against its JSON Schema, so that nothing leaves or enters that
the contract in ``schemas/`` does not allow. Each document names that schema for editors by a path relative to
``out/ir``. It is the same on every machine, and it leads to the schemas of a repository that keeps them in
``schemas/`` beside ``out/``; elsewhere an editor finds no schema and says so.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mlnc.ir.ir_versions import upgrade_document
from mlnc.ir.model import Project, Site
from mlnc.schemas.validation import problem
from mlnc.schemas.yaml_text import YamlError, dump, load

T = TypeVar("T")
Decoder = Callable[[Any], Any]

SCHEMAS = "../../schemas"
"""The folder of the schemas as seen from ``out/ir``."""


class InvalidIr(Exception):
    """A document that is not what its schema says; the message names the place in it and the reason."""


def to_data(value: Any) -> Any:
    """*value*, an IR dataclass or what one is made of, as plain dict, list and scalars, with every field."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return [to_data(item) for item in value]
    if isinstance(value, dict):
        return {key: to_data(item) for key, item in value.items()}
    kind: Any = type(value)
    names, values = _fields(kind)
    return {name: to_data(item) for name, item in zip(names, values(value), strict=True)}


def from_data(cls: type[T], data: object) -> T:
    """The dataclass *cls* of the IR made of *data*, which must be valid under its schema."""
    hint: Any = cls
    made: T = _decoder(hint)(data)
    return made


def dump_project(project: Project, schemas: str = SCHEMAS) -> str:
    """The text of ``out/ir/<project>.yaml``; *schemas* is the folder editors look in. Raises InvalidIr."""
    return _dump(project, "ir", schemas)


def dump_site(site: Site, schemas: str = SCHEMAS) -> str:
    """The text of ``out/ir/site.yaml``; *schemas* is the folder editors look in. Raises InvalidIr."""
    return _dump(site, "site", schemas)


def load_project(text: str) -> Project:
    """The project a text of ``dump_project`` stands for. Raises InvalidIr."""
    return _load(Project, "ir", text)


def load_site(text: str) -> Site:
    """The site a text of ``dump_site`` stands for. Raises InvalidIr."""
    return _load(Site, "site", text)


def _dump(value: object, schema: str, schemas: str) -> str:
    data = to_data(value)
    _check(schema, data)
    return dump(data, [f"yaml-language-server: $schema={schemas}/{schema}.schema.json"])


def _load(cls: type[T], schema: str, text: str) -> T:
    try:
        data = load(text)
    except YamlError as error:
        raise InvalidIr(str(error)) from None
    if schema == "ir":
        data = upgrade_document(data)
    _check(schema, data)
    return from_data(cls, data)


def _check(schema: str, data: object) -> None:
    found = problem(schema, data)
    if found is not None:
        raise InvalidIr(found)


@cache
def _fields(cls: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of the fields of the dataclass *cls*, and what gets their values in one call."""
    names = tuple(field.name for field in fields(cls))
    if len(names) > 1:
        return names, attrgetter(*names)
    only = attrgetter(*names)
    return names, lambda value: (only(value),)


@cache
def _decoder(hint: Any) -> Decoder:
    """What turns plain data into a value of the type *hint*."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_decoder(hint)
    if origin is tuple:
        return _tuple_decoder(arguments[0])
    if origin is dict:
        return _dict_decoder(arguments[1])
    if isinstance(hint, UnionType) or origin is Union:  # the latter where a Literal takes part
        return _union_decoder(arguments)
    if origin is Literal or hint in (str, int, bool, NoneType):
        return _as_it_is
    raise TypeError(f"no field of the IR may have the type {hint}")


def _as_it_is(data: Any) -> Any:
    return data


def _tuple_decoder(item: Any) -> Decoder:
    decode = _decoder(item)
    return lambda data: tuple([decode(each) for each in data])


def _dict_decoder(item: Any) -> Decoder:
    decode = _decoder(item)
    return lambda data: {key: decode(each) for key, each in data.items()}


def _union_decoder(members: tuple[Any, ...]) -> Decoder:
    """A union holds at most one dataclass, and that one alone is written as a map."""
    structured: list[Any] = [member for member in members if is_dataclass(member)]
    if not structured:
        return _as_it_is
    (only,) = structured
    decode = _decoder(only)
    return lambda data: decode(data) if isinstance(data, dict) else data


def _dataclass_decoder(cls: type) -> Decoder:
    plans: list[tuple[str, Decoder]] = []

    def decode(data: dict[str, Any]) -> Any:
        if not plans:  # made at the first use: a Block holds Blocks
            plans.extend([(name, _decoder(hint)) for name, hint in get_type_hints(cls).items()])
        return cls(**{name: plan(data[name]) for name, plan in plans})

    return decode
