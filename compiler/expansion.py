"""Expand a project's tree to its blocks: includes, autoenum, inheritance and variables are applied.

Directives and values are not checked here: ``mlnc show --expanded`` prints this stage.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mlnc.compiler import autoenum
from mlnc.compiler.diagnostics import Diagnostic, Notice, Related
from mlnc.compiler.outline import SECTIONS, Outline, RawBlock, RawStatement, outline
from mlnc.compiler.source import Origin, Span
from mlnc.compiler.superclasses import Ancestry, ExpandedBlock, Level, merge
from mlnc.compiler.syntax_tree import File, Word
from mlnc.compiler.values import Invalid, netmask_length
from mlnc.compiler.variables import BUILTINS, Scope, Undefined, at_home
from mlnc.schemas.language import load

LOCALHOST = "localhost"


@dataclass(slots=True)
class Expanded:
    """A project after expansion. ``deferred`` are findings that do not stop an expansion: resolution reports them.

    ``names`` has the undefined variables in names of blocks, by kind and name.
    """

    source: Span
    project: str
    globals: ExpandedBlock
    hosts: dict[str, ExpandedBlock] = field(default_factory=dict)
    switches: dict[str, ExpandedBlock] = field(default_factory=dict)
    service_hosts: dict[str, ExpandedBlock] = field(default_factory=dict)
    names: dict[str, tuple[Undefined, ...]] = field(default_factory=dict)
    deferred: list[Diagnostic] = field(default_factory=list)

    def data(self) -> dict[str, object]:
        """The content of ``mlnc show --expanded``."""
        return {
            "project": self.project,
            "global": self.globals.data(),
            "hosts": {name: node.data() for name, node in self.hosts.items()},
            "switches": {name: node.data() for name, node in self.switches.items()},
        }


def expand_project(file: File, notice: Notice) -> Expanded | None:
    """Expand *file* as a project; None, without a diagnostic, if it has no project name."""
    found = outline(file, notice)
    return _Expansion(found, notice).run()


def expand_site(file: File, notice: Notice) -> Expanded:
    """Expand *file* as a site file: only its service hosts; a project in it is ignored."""
    expansion = _Expansion(outline(file, notice), notice)
    return expansion.site()


class _Expansion:
    def __init__(self, found: Outline, notice: Notice) -> None:
        self.found = found
        self.notice = notice
        self.globals = self.merged_globals(found.globals)
        self.texts: dict[str, str | RawStatement] = {}
        self.made = Expanded(
            found.end, "", ExpandedBlock("global", Origin(found.end)), deferred=found.deferred
        )
        self.drafts: dict[str, dict[str, RawBlock]] = {}

    def run(self) -> Expanded | None:
        name = self.project_name()
        if name is None:
            return None
        self.made.project = name
        self.texts = {"project": name}
        self.made.globals = merge([Level(self.globals)], Scope({}, self.notice, texts=self.texts))
        self.drafts = {kind: self.named(kind) for kind in SECTIONS}
        ancestry = Ancestry(self.drafts["superclass"], self.notice)
        self.enumerate(ancestry)
        self.check_superclasses(ancestry)
        for host, draft in self.drafts["host"].items():
            self.made.hosts[host] = self.host(host, draft, ancestry)
        for switch, draft in self.drafts["switch"].items():
            self.made.switches[switch] = merge([Level(draft)], self.global_scope())
        self.service_hosts()
        return self.made

    def site(self) -> Expanded:
        self.made.globals = merge([Level(self.globals)], Scope({}, self.notice))
        self.drafts = {"service_host": self.named("service_host")}
        self.service_hosts()
        return self.made

    def service_hosts(self) -> None:
        for server, draft in self.drafts["service_host"].items():
            self.made.service_hosts[server] = merge([Level(draft)], self.global_scope())

    def global_scope(self, **texts: str | RawStatement) -> Scope:
        return Scope(self.globals.variables, self.notice, texts={**self.texts, **texts})

    def project_name(self) -> str | None:
        lines = [line for line in self.globals.lines if line.words[0].text == "project" and line.value_words]
        if not lines:
            return None
        return self.global_scope().fill(lines[-1].value_words, lines[-1]).text

    def merged_globals(self, blocks: list[RawBlock]) -> RawBlock:
        """All ``global`` blocks as one; a setting with different values is an error that names both spans."""
        if not blocks:
            return RawBlock(Word("global", self.found.end), Origin(self.found.end))
        merged = replace(
            blocks[0],
            lines=[*blocks[0].lines],
            variables={**blocks[0].variables},
            blocks={**blocks[0].blocks},
        )
        for block in blocks[1:]:
            self.merge_global(merged, block)
        return merged

    def merge_global(self, merged: RawBlock, block: RawBlock) -> None:
        script = block.name.text in load().script_blocks()
        known = {line.words[0].text: line for line in merged.lines}
        for line in () if script else block.lines:
            self.conflict(known.get(line.words[0].text), line, line.words[0].text)
        for name, line in block.variables.items():
            self.conflict(merged.variables.get(name), line, f"${name}")
        merged.lines += block.lines
        merged.variables |= block.variables
        for name, child in block.blocks.items():
            if name in merged.blocks:
                merged.blocks[name] = replace(merged.blocks[name], lines=[*merged.blocks[name].lines])
                self.merge_global(merged.blocks[name], child)
            else:
                merged.blocks[name] = child

    def conflict(self, earlier: RawStatement | None, later: RawStatement, name: str) -> None:
        if earlier is None or _same(earlier, later):
            return
        related = (Related("the other value is set here", earlier.origin.span),)
        message = f"two global blocks set {name} to different values"
        self.notice(Diagnostic("global-conflict", message, later.origin, "keep one of them", related))

    def named(self, kind: str) -> dict[str, RawBlock]:
        """The members of section *kind* by name, with the variables of ``global`` filled in; duplicates are errors."""
        members: dict[str, RawBlock] = {}
        for draft in self.found.sections[kind]:
            filled = self.global_scope().fill((draft.name,), RawStatement((draft.name,), draft.origin.via))
            if filled.undefined:
                self.made.names[f"{kind} {filled.text}"] = filled.undefined
            if filled.text in members:
                self.duplicate(kind, filled.text, members[filled.text], draft)
            else:
                members[filled.text] = replace(draft, name=Word(filled.text, draft.name.span))
        return members

    def duplicate(self, kind: str, name: str, first: RawBlock, second: RawBlock) -> None:
        related = (Related("first defined here", first.origin.span),)
        message = f"{kind.replace('_', ' ')} {name!r} is defined twice"
        hint = "rename one of them, or merge both blocks"
        code = f"duplicate-{kind.replace('_', '-')}"
        self.notice(Diagnostic(code, message, second.origin, hint, related))

    def enumerate(self, ancestry: Ancestry) -> None:
        for name in autoenum.BLOCKS:
            node = self.made.globals.blocks.get(name)
            if node is None:
                continue
            made = autoenum.plan(node, self.netmask_length(node, ancestry), self.notice)
            for draft in autoenum.drafts(made, self.drafts["host"]) if made else ():
                self.drafts["host"][draft.name.text] = draft

    def netmask_length(self, node: ExpandedBlock, ancestry: Ancestry) -> int | None:
        """The prefix length that the superclass of the autoenum block *node* sets for eth0."""
        entry = node.values.get("superclass")
        draft = self.drafts["superclass"].get(entry.value) if entry else None
        if draft is None:
            return None
        silent = Ancestry(ancestry.superclasses, lambda _: None)
        scope = Scope(self.globals.variables, lambda _: None, texts=self.texts)
        merged = merge(silent.levels(draft, scope), scope)
        eth0 = merged.blocks.get("network", merged).blocks.get("eth0")
        found = eth0.values.get("netmask") if eth0 else None
        try:
            return netmask_length(found.value) if found else None
        except Invalid:
            # reported when the hosts are resolved
            return None

    def check_superclasses(self, ancestry: Ancestry) -> None:
        """Report the errors of all superclasses, used or not; a report keeps each finding once."""
        for draft in self.drafts["superclass"].values():
            ancestry.levels(draft, self.global_scope(), tentative=True)

    def host(self, name: str, draft: RawBlock, ancestry: Ancestry) -> ExpandedBlock:
        levels = ancestry.levels(draft, self.global_scope(hostname=name))
        variables: dict[str, RawStatement] = {}
        placed: str | RawStatement = LOCALHOST
        for level in levels:
            variables.update(level.draft.variables)
            placed = _last(level.draft.lines, "service_host") or placed
        return merge(levels, at_home(variables, self.global_scope(hostname=name, service_host=placed)))


def _same(first: RawStatement, second: RawStatement) -> bool:
    return [word.text for word in first.value_words] == [word.text for word in second.value_words]


def _last(lines: Iterable[RawStatement], name: str) -> RawStatement | None:
    found = None
    for line in lines:
        if line.words[0].text == name and line.value_words:
            found = line
    return found


def builtin_definitions(node: ExpandedBlock) -> list[str]:
    """The built-in variables that *node* defines, which has no effect."""
    return [name for name in BUILTINS if name in node.variables]
