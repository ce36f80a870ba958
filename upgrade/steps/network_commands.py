"""What becomes of bridges, and of what joins them between servers, in an upgrade."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlnc.ir.bridges import Bridge, server_bridges
from mlnc.ir.model import Project, Site, Switch
from mlnc.upgrade.steps.shell_args import Words


@dataclass(frozen=True, slots=True)
class Network:
    """The bridges of one project on one server, on both sides."""

    before: tuple[Bridge, ...]
    after: tuple[Bridge, ...]

    def carriers_gone(self) -> Iterator[Words]:
        """Joints that go before the new bridges stand: their bridge stays, or another one takes them over."""
        kept = {bridge.name for bridge in self.after}
        names = {bridge.carrier.name for bridge in self.after if bridge.carrier}
        same = {(bridge.carrier.name, bridge.mark) for bridge in self.after if bridge.carrier}
        for bridge in self.before:
            carrier = bridge.carrier
            if carrier is None or (carrier.name, bridge.mark) in same:
                continue
            if bridge.name in kept or carrier.name in names:
                yield ("carrier_gone", carrier.name, bridge.mark)

    def made(self) -> Iterator[Words]:
        """Name, mark and joint of each bridge that only the new side has."""
        return _triples(self.after, self.before)

    def gone(self) -> Iterator[Words]:
        """Name, mark and joint of each bridge that only the old side has."""
        return _triples(self.before, self.after)


def network(site: Site, old: Project | None, new: Project | None, server: str) -> Network:
    """The bridges on *server*, which the site knows; either side may have none there."""
    before, after = (
        server_bridges(_known(site, project), project, server) if project else () for project in (old, new)
    )
    return Network(before, after)


def _known(site: Site, project: Project) -> Site:
    """The site, with every server that *project* names: one that is gone has no address to lead a tunnel to."""
    named = {server for switch in project.switches.values() for server in switch.service_hosts}
    any_server = next(iter(site.service_hosts.values()))
    missing = {name: replace(any_server, address=name) for name in named - site.service_hosts.keys()}
    return replace(site, service_hosts=site.service_hosts | missing) if missing else site


def _triples(bridges: tuple[Bridge, ...], others: tuple[Bridge, ...]) -> Iterator[Words]:
    names = {bridge.name for bridge in others}
    for bridge in {each.name: each for each in bridges}.values():
        if bridge.name not in names and not bridge.provided:
            yield (bridge.name, bridge.mark, bridge.carrier.name if bridge.carrier else "-")


def switch_lines(before: dict[str, Switch], after: dict[str, Switch]) -> dict[str, str]:
    """A line for each network that changes, by its name on the new side, else by that on the old one."""
    lines = {}
    renamed = {switch.renamed_from: name for name, switch in after.items() if switch.renamed_from in before}
    for name, switch in after.items():
        old = before.get(name) or before.get(switch.renamed_from or "")
        line = _changed(old, switch) if old else f"+ {switch.bridge} on {_listed(switch.service_hosts)}"
        if line:
            lines[name] = line
    for name, switch in before.items():
        if name not in after and name not in renamed:
            lines[name] = f"- {switch.bridge} on {_listed(switch.service_hosts)}"
    return dict(sorted(lines.items()))


def _changed(old: Switch, new: Switch) -> str | None:
    parts = [
        f"{word} {_shown(before)} → {_shown(after)}"
        for word, before, after in (
            ("bridge", old.bridge, new.bridge),
            ("vlan", old.vlan, new.vlan),
            ("vxlan", old.vxlan, new.vxlan),
        )
        if before != after
    ]
    come = [name for name in new.service_hosts if name not in old.service_hosts]
    gone = [name for name in old.service_hosts if name not in new.service_hosts]
    parts += [f"new on {_listed(come)}"] if come else []
    parts += [f"gone from {_listed(gone)}"] if gone else []
    return f"~ {', '.join(parts)}" if parts else None


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "no server"
