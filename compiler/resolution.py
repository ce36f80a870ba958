"""Resolving: expanded blocks against the directive table, words to typed values. Every mistake is said at once."""

from collections.abc import Iterable
from dataclasses import replace

from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.expansion import Expanded, builtin_definitions
from mlnc.compiler.source import Origin
from mlnc.compiler.suggestion import suggest
from mlnc.compiler.superclasses import ExpandedBlock, ExpandedStatement
from mlnc.compiler.typed_model import PLATFORMS, ProjectModel, TypedBlock, TypedRecord, TypedSetting
from mlnc.compiler.values import Invalid, flag, parse, split_fields
from mlnc.compiler.variables import BUILTINS, Undefined
from mlnc.schemas.language import Directive, Field, load


def resolve(expanded: Expanded, main: str, notice: Notice) -> ProjectModel:
    """The typed model of *expanded*; what is wrong goes to *notice*, and is left out of the model."""
    for found in expanded.deferred:
        notice(found)
    top = _Resolver(notice, expanded.globals.variables)
    model = ProjectModel(expanded.project, main, top.block("global", expanded.globals))
    _names(expanded, notice)
    for name, node in expanded.hosts.items():
        model.hosts[name] = top.member("host", node)
    for name, node in expanded.switches.items():
        model.switches[name] = top.member("switch", node)
    model.service_hosts = resolve_servers(expanded, notice)
    return model


def resolve_servers(expanded: Expanded, notice: Notice) -> dict[str, TypedBlock]:
    """The typed service_host blocks of a site file or project."""
    top = _Resolver(notice, expanded.globals.variables)
    return {name: top.member("service_host", node) for name, node in expanded.service_hosts.items()}


def _names(expanded: Expanded, notice: Notice) -> None:
    for undefined in expanded.names.values():
        for each in undefined:
            message = f"${each.name} is not defined in global, where names of blocks look for it"
            near = suggest(each.name, (*expanded.globals.variables, "project"))
            hint = f"did you mean ${near}?" if near else f"define it: global {{ ${each.name} = value }}"
            notice(Diagnostic("undefined-variable", message, each.origin, hint))


class _Resolver:
    """Resolves one block and those in it. ``visible`` are the variables that the block sees, for hints."""

    def __init__(self, notice: Notice, visible: Iterable[str]) -> None:
        self.notice = notice
        self.visible = frozenset(visible)

    def member(self, block: str, node: ExpandedBlock) -> TypedBlock:
        return _Resolver(self.notice, self.visible | set(node.variables)).block(block, node)

    def block(self, block: str, node: ExpandedBlock) -> TypedBlock:
        made = TypedBlock(node)
        self.builtins(node)
        for entry in node.statements:
            self.statement(block, entry, made)
        for name, child in node.blocks.items():
            self.child(block, name, child, made)
        return made

    def builtins(self, node: ExpandedBlock) -> None:
        for name in builtin_definitions(node):
            message = f"${name} is built in; this definition of it has no effect"
            self.notice(Diagnostic("builtin-variable", message, node.definitions[name].origin))

    def statement(self, block: str, entry: ExpandedStatement, made: TypedBlock) -> None:
        directive = load().get(block, entry.name)
        if directive is None:
            self.unknown(block, entry.name, entry.name_origin, entry)
        elif directive.support in ("uml", "ignored"):
            self.idle(entry.name, directive, entry.origin)
        elif directive.form not in ("value", "flag"):
            # what belongs to another platform may be a bare word as well
            if directive.form == "free" and not entry.rest:
                made.free.setdefault(entry.name, ExpandedBlock(entry.name, entry.origin))
            else:
                hint = f"write {entry.name} {{ ... }}"
                self.say("wrong-form", f"{entry.name} is a block, not a value", entry.origin, hint)
        elif self.defined(entry, directive) and self.counts(entry, directive):
            self.value(entry, directive, made)

    def defined(self, entry: ExpandedStatement, directive: Directive) -> bool:
        """Whether every variable of *entry* is defined, as far as *directive* minds."""
        if directive.variables == "open" or not entry.undefined:
            return True
        for each in entry.undefined:
            self.undefined(each, entry, directive.secret)
        return False

    def undefined(self, found: Undefined, entry: ExpandedStatement, secret: bool = False) -> None:
        near = suggest(found.name, (*self.visible, *BUILTINS))
        message, hint = f"${found.name} is not defined", f"did you mean ${near}?"
        if near is None:
            hint = "define it here, in a superclass or in global: $name = value"
        first = entry.statement.words[0]
        if found.word is first and "=" in first.text:
            hint = "an assignment needs blanks around its =: $name = value"
        elif secret and near is None:
            # a $ in a password may be meant as the character: then nothing of it may be shown
            message, hint = f"{entry.name} uses an undefined variable", "write \\$ for the character $"
        within = found.word in entry.statement.words
        related = () if within else (Related("it is used here", entry.origin.span),)
        origin = replace(entry.origin, span=found.word.span) if within else found.origin
        self.notice(Diagnostic("undefined-variable", message, origin, hint, related))

    def counts(self, entry: ExpandedStatement, directive: Directive) -> bool:
        """Whether the directive has any effect here; says so where it has none."""
        if directive.support == "unsupported":
            self.say(
                "unsupported-directive",
                f"{entry.name} is not supported",
                entry.name_origin,
                directive.detail,
            )
        elif directive.support == "foreign":
            self.idle(entry.name, directive, entry.origin)
        return directive.support == "xen"

    def idle(self, name: str, directive: Directive, origin: Origin) -> None:
        """Says that a known directive does nothing here."""
        self.say("without-effect", f"{name} has no effect: {_lower(directive.meaning)}", origin, None)

    def value(self, entry: ExpandedStatement, directive: Directive, made: TypedBlock) -> None:
        name = directive.name
        try:
            if directive.form == "flag":
                value = flag(entry.rest, directive)
            elif not entry.rest:
                self.say(
                    "missing-value",
                    f"{entry.name} needs a value",
                    entry.origin,
                    f"for example: {directive.example}",
                )
                return
            else:
                value = parse(entry.rest, directive)
        except Invalid as error:
            self.invalid(entry, directive, error)
            return
        known = made.scalars.setdefault(name, [])
        if known and not directive.repeatable:
            self.repeated(known[-1], entry)
            known.clear()
        known.append(TypedSetting(value, entry, directive))

    def repeated(self, earlier: TypedSetting, entry: ExpandedStatement) -> None:
        same_level = earlier.entry.inherited is entry.inherited
        if same_level and earlier.entry.text != entry.text:
            message = f"{entry.name} is set twice in one block; the last counts"
            related = (Related("this one no longer counts", earlier.entry.origin.span),)
            self.notice(Diagnostic("repeated-directive", message, entry.origin, "keep one of them", related))

    def invalid(self, entry: ExpandedStatement, directive: Directive, error: Invalid) -> None:
        shown = "its value" if directive.secret or directive.type == "crypt" else entry.rest
        hint = error.hint or f"for example: {directive.example}"
        self.say("invalid-value", f"{entry.name}: {shown} {error.message}", entry.value_origin, hint)

    def child(self, block: str, name: str, node: ExpandedBlock, made: TypedBlock) -> None:
        directive = load().get(block, name)
        if directive is None:
            self.unknown(block, name, node.origin, None)
        elif directive.support in ("uml", "ignored"):
            self.idle(name, directive, node.origin)
        elif directive.form == "free":
            made.free[name] = node
            if name not in PLATFORMS:
                self.idle(name, directive, node.origin)
        elif directive.form == "lines":
            self.lines(directive, name, node, made)
        elif directive.form == "named":
            made.named[name] = self.members(directive, node)
        elif directive.form == "block":
            made.named[name] = {name: self.member(directive.body, node)}
        else:
            hint = f"for example: {directive.example}"
            self.say("wrong-form", f"{name} takes a value, not a block", node.origin, hint)

    def members(self, directive: Directive, node: ExpandedBlock) -> dict[str, TypedBlock]:
        for entry in node.lines:
            message = f"{directive.name} holds named blocks, not statements"
            self.say("stray-statement", message, entry.origin, f"for example: {directive.example}")
        if directive.list is None:
            return {name: self.member(directive.body, child) for name, child in node.blocks.items()}
        return {name: self.list_member(directive, child) for name, child in node.blocks.items()}

    def list_member(self, directive: Directive, node: ExpandedBlock) -> TypedBlock:
        made = TypedBlock(node)
        self.lines(directive, directive.name, node, made)
        return made

    def lines(self, directive: Directive, name: str, node: ExpandedBlock, made: TypedBlock) -> None:
        for child in node.blocks.values():
            hint = (
                "quote the braces of a shell line, or write \\{ and \\}"
                if directive.list == "script"
                else None
            )
            self.say("wrong-form", f"{name} holds lines, not blocks", child.origin, hint)
        lines = [entry for entry in node.lines if self.defined(entry, directive)]
        if directive.list == "script":
            made.scripts[name] = lines
        else:
            records = (self.record(directive, entry) for entry in lines)
            made.records[name] = [record for record in records if record is not None]

    def record(self, directive: Directive, entry: ExpandedStatement) -> TypedRecord | None:
        words = split_fields(entry.text)
        fields: dict[str, object] = {}
        for number, field in enumerate(directive.record):
            if field.rest and words:
                words = [" ".join(words)]
            if not words and not field.optional:
                self.incomplete(directive, field, entry)
                return None
            text = words.pop(0) if words else None
            try:
                fields[field.name] = None if text is None else parse(text, field)
            except Invalid as error:
                shown = "it" if field.type in ("crypt", "secret") else text
                hint = error.hint or f"for example: {directive.example}"
                message = f"{field.name}: {shown} {error.message}"
                self.say("invalid-value", message, entry.field_origin(number), hint)
                return None
        if words:
            message = f"extra words in a line of {directive.name}"
            self.say("invalid-record", message, entry.field_origin(len(directive.record)), _shape(directive))
            return None
        return TypedRecord(fields, entry)

    def incomplete(self, directive: Directive, field: Field, entry: ExpandedStatement) -> None:
        self.say(
            "invalid-record",
            f"a line of {directive.name} has no {field.name}",
            entry.origin,
            _shape(directive),
        )

    def unknown(self, block: str, name: str, origin: Origin, entry: ExpandedStatement | None) -> None:
        if entry is not None and entry.undefined and "$" in name:
            for each in entry.undefined:
                self.undefined(each, entry)
            return
        language = load()
        elsewhere = [other for directive in language.find(name) for other in directive.blocks]
        if elsewhere:
            hint = f"move it to {_either(map(_place, elsewhere))}"
            self.say("misplaced-directive", f"{name} is not allowed in {_place(block)}", origin, hint)
            return
        near = suggest(name, language.names(block))
        hint = f"did you mean {near!r}?" if near else f"mlnc directives lists what {_place(block)} takes"
        self.say("unknown-directive", f"directive {name!r} is unknown", origin, hint)

    def say(self, code: str, message: str, origin: Origin, hint: str | None) -> None:
        self.notice(Diagnostic(code, message, origin, hint))


def _shape(directive: Directive) -> str:
    words = (f"[{field.name}]" if field.optional else field.name for field in directive.record)
    return f"a line is: {' '.join(words).upper()}"


def _place(block: str) -> str:
    article = "an" if block[0] in "aeiou" else "a"
    return "the top level of a file" if block == "top" else f"{article} {block} block"


def _either(places: Iterable[str]) -> str:
    *others, last = dict.fromkeys(places)
    return f"{', '.join(others)} or {last}" if others else last


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
