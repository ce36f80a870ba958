"""The JSON Schemas agree with the dataclasses of the IR and with the directive table."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from jsonschema_rs import meta

from mlnc.ir.model import IR_VERSION, Project, Site
from mlnc.output.manifest import MANIFEST_VERSION, Manifest
from mlnc.schemas import language
from mlnc.schemas.validation import problem, schema

DOCUMENTS = {"ir": Project, "site": Site}
KINDS: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
STRICTER = {"description", "x-directive", "pattern", "minimum", "maximum", "propertyNames"}
"""Keywords of a schema that the types of the fields cannot express."""


def schema_of_hint(hint: Any) -> dict[str, Any]:
    """JSON Schema of a field with the type *hint*."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return {"$ref": f"#/$defs/{name_of(hint)}"}
    if origin is tuple:
        return {"type": "array", "items": schema_of_hint(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of_hint(arguments[1])}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    return schema_of_union(arguments) if arguments else {"type": KINDS[hint]}


def schema_of_union(members: tuple[Any, ...]) -> dict[str, Any]:
    words = [word for member in members if get_origin(member) is Literal for word in get_args(member)]
    if words:
        return {"enum": [*words, None]}
    references = [schema_of_hint(member) for member in members if is_dataclass(member)]
    kinds = [KINDS[member] for member in members if member in KINDS]
    plain = {"type": kinds if len(kinds) > 1 else kinds[0]}
    return {"anyOf": [*references, plain]} if references else plain


def schema_of_class(cls: Any) -> dict[str, Any]:
    properties = {name: schema_of_hint(hint) for name, hint in get_type_hints(cls).items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def name_of(cls: Any) -> str:
    """Name of the dataclass *cls* in the ``$defs`` of a schema: ``ssh_key`` for ``SshKey``."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def classes(hint: Any, found: dict[str, Any]) -> dict[str, Any]:
    """All dataclasses reachable from *hint*, by the name of their definition."""
    if is_dataclass(hint) and name_of(hint) not in found:
        found[name_of(hint)] = hint
        for field in get_type_hints(hint).values():
            classes(field, found)
    for argument in get_args(hint):
        classes(argument, found)
    return found


def loosened(node: Any) -> Any:
    """*node* without the keywords in STRICTER; the names of properties are kept."""
    if isinstance(node, list):
        return [loosened(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "const" in node:
        return {"type": KINDS[type(node["const"])]}
    plain = {key: loosened(each) for key, each in node.items() if key not in STRICTER}
    if "properties" in node:
        plain["properties"] = {name: loosened(each) for name, each in node["properties"].items()}
    return plain


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """All parts of a schema that describe an object with named properties."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node
        for each in node.values():
            yield from objects(each)


@pytest.mark.parametrize(("name", "cls"), DOCUMENTS.items())
def test_a_schema_and_its_dataclasses_have_the_same_fields_types_and_choices(name: str, cls: type) -> None:
    document = dict(schema(name))
    definitions = document.pop("$defs")
    top = {key: value for key, value in document.items() if key not in ("$schema", "$id", "title")}
    expected = {key: schema_of_class(each) for key, each in classes(cls, {}).items()}
    assert loosened(top) == expected.pop(name_of(cls))
    assert {key: loosened(each) for key, each in definitions.items()} == expected


def test_the_manifest_schema_matches_the_manifest_and_its_version() -> None:
    properties = schema("manifest")["properties"]
    assert properties["manifest_version"]["const"] == MANIFEST_VERSION
    fields = {name: loosened(each) for name, each in properties.items() if name != "manifest_version"}
    assert fields == schema_of_class(Manifest)["properties"]


@pytest.mark.parametrize("name", [*DOCUMENTS, "manifest"])
def test_a_schema_is_valid_and_requires_and_describes_every_property(name: str) -> None:
    document = schema(name)
    meta.validate(document)
    for each in objects(document):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
        assert each["description"]
        assert all(part["description"].endswith(".") for part in each["properties"].values())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_property_of_a_directive_has_the_description_and_range_of_the_table(name: str) -> None:
    table = language.load()
    for each in objects(schema(name)):
        for part in each["properties"].values():
            if "x-directive" not in part:
                continue
            directive = table.get(*part["x-directive"].split("/"))
            assert directive is not None, part["x-directive"]
            assert part["description"] == directive.meaning, part["x-directive"]
            if directive.type == "integer":
                assert (part.get("minimum"), part.get("maximum")) == (directive.min, directive.max)


def test_table_and_schema_have_the_same_hooks() -> None:
    hooks = {name for name in language.load().names("global") if name.startswith(("before", "after"))}
    assert set(schema("ir")["properties"]["hooks"]["propertyNames"]["enum"]) == hooks


def test_all_schemas_have_the_same_ir_version() -> None:
    assert {schema(name)["properties"]["ir_version"]["const"] for name in DOCUMENTS} == {IR_VERSION}


def test_a_problem_contains_place_and_reason() -> None:
    manifest = {"manifest_version": 1, "projects": {}, "sources": {}, "files": {"a": "zz"}, "executables": []}
    assert problem("manifest", manifest | {"files": {}}) is None
    assert problem("manifest", manifest) == 'files/a: "zz" does not match "^[0-9a-f]{64}$"'
    assert problem("manifest", None) == 'the document: null is not of type "object"'


def test_a_value_without_a_json_type_is_a_problem() -> None:
    assert "Unsupported type" in str(problem("manifest", {"files": {1, 2}}))
