"""Conversion between the IR, plain data and YAML text.

``dump_*`` and ``load_*`` validate every document against its JSON Schema in ``schemas/``. ``load_*`` and
``project_from_data`` also accept documents of the previous version. Each document names its schema for editors by a
path relative to ``out/ir``, the same on every machine. The path is valid in a repository that has ``schemas/`` beside
``out/``; elsewhere an editor reports a missing schema.
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
"""Path of the schemas relative to ``out/ir``."""


class InvalidIr(Exception):
    """The document does not match its schema; the message gives the place in it and the reason."""


def to_data(value: Any) -> Any:
    """Convert *value*, an IR dataclass or a part of one, to plain dicts, lists and scalars, with every field."""
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
    """Build the IR dataclass *cls* from *data*, which must be valid under its schema."""
    hint: Any = cls
    made: T = _decoder(hint)(data)
    return made


def dump_project(project: Project, schemas: str = SCHEMAS) -> str:
    """Return the text of ``out/ir/<project>.yaml``; *schemas* is the schema folder for editors. Raises InvalidIr."""
    return _dump(project, "ir", schemas)


def dump_site(site: Site, schemas: str = SCHEMAS) -> str:
    """Return the text of ``out/ir/site.yaml``; *schemas* is the schema folder for editors. Raises InvalidIr."""
    return _dump(site, "site", schemas)


def load_project(text: str) -> Project:
    """Parse the text of a project's IR. Raises InvalidIr."""
    return _load(Project, "ir", text)


def load_site(text: str) -> Site:
    """Parse the text of a site's IR. Raises InvalidIr."""
    return _load(Site, "site", text)


def _dump(value: object, schema: str, schemas: str) -> str:
    data = to_data(value)
    _check(schema, data)
    return dump(data, [f"yaml-language-server: $schema={schemas}/{schema}.schema.json"])


def project_from_data(data: object) -> Project:
    """Return the project that *data*, a document of this or the previous version, describes. Raises InvalidIr."""
    return _decoded(Project, "ir", data)


def _load(cls: type[T], schema: str, text: str) -> T:
    try:
        data = load(text)
    except YamlError as error:
        raise InvalidIr(str(error)) from None
    return _decoded(cls, schema, data)


def _decoded(cls: type[T], schema: str, data: object) -> T:
    current = upgrade_document(data)
    _check(schema, current)
    return from_data(cls, current)


def _check(schema: str, data: object) -> None:
    found = problem(schema, data)
    if found is not None:
        raise InvalidIr(found)


@cache
def _fields(cls: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the field names of the dataclass *cls*, and a function that gets all their values in one call."""
    names = tuple(field.name for field in fields(cls))
    if len(names) > 1:
        return names, attrgetter(*names)
    only = attrgetter(*names)
    return names, lambda value: (only(value),)


@cache
def _decoder(hint: Any) -> Decoder:
    """Return the function that decodes plain data to a value of the type *hint*."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_decoder(hint)
    if origin is tuple:
        return _tuple_decoder(arguments[0])
    if origin is dict:
        return _dict_decoder(arguments[1])
    if isinstance(hint, UnionType) or origin is Union:  # Union: for a member that is a Literal
        return _union_decoder(arguments)
    if origin is Literal or hint in (str, int, bool, NoneType):
        return _unchanged
    raise TypeError(f"the IR does not support fields of the type {hint}")


def _unchanged(data: Any) -> Any:
    return data


def _tuple_decoder(item: Any) -> Decoder:
    decode = _decoder(item)
    return lambda data: tuple([decode(each) for each in data])


def _dict_decoder(item: Any) -> Decoder:
    decode = _decoder(item)
    return lambda data: {key: decode(each) for key, each in data.items()}


def _union_decoder(members: tuple[Any, ...]) -> Decoder:
    """Decode a union of at most one dataclass, written as a map, and scalars."""
    structured: list[Any] = [member for member in members if is_dataclass(member)]
    if not structured:
        return _unchanged
    (only,) = structured
    decode = _decoder(only)
    return lambda data: decode(data) if isinstance(data, dict) else data


def _dataclass_decoder(cls: type) -> Decoder:
    decoders: list[tuple[str, Decoder]] = []

    def decode(data: dict[str, Any]) -> Any:
        if not decoders:  # built at first use, because a ForeignBlock contains ForeignBlocks
            decoders.extend([(name, _decoder(hint)) for name, hint in get_type_hints(cls).items()])
        return cls(**{name: decode_field(data[name]) for name, decode_field in decoders})

    return decode
