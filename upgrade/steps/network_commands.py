"""Changes of bridges in an upgrade, and of the carriers (VLAN, VXLAN) that connect them between servers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mlnc.ir.bridges import Bridge, server_bridges
from mlnc.ir.model import Project, Site, Switch
from mlnc.upgrade.steps.shell_args import Arguments


@dataclass(frozen=True, slots=True)
class NetworkChange:
    """Bridges of one project on one server, on both sides."""

    before: tuple[Bridge, ...]
    after: tuple[Bridge, ...]

    def removed_carriers(self) -> Iterator[Arguments]:
        """Yield carriers to remove before the new bridges: their bridge stays, or another bridge gets them."""
        kept = {bridge.name for bridge in self.after}
        names = {bridge.carrier.name for bridge in self.after if bridge.carrier}
        unchanged = {(bridge.carrier.name, bridge.mark) for bridge in self.after if bridge.carrier}
        for bridge in self.before:
            carrier = bridge.carrier
            if carrier is None or (carrier.name, bridge.mark) in unchanged:
                continue
            if bridge.name in kept or carrier.name in names:
                yield ("carrier_gone", carrier.name, bridge.mark)

    def new_bridges(self) -> Iterator[Arguments]:
        """Yield name, mark and carrier of each bridge that only the new side has."""
        return _bridge_arguments(self.after, self.before)

    def removed_bridges(self) -> Iterator[Arguments]:
        """Yield name, mark and carrier of each bridge that only the old side has."""
        return _bridge_arguments(self.before, self.after)


def network(site: Site, old: Project | None, new: Project | None, server: str) -> NetworkChange:
    """Return the bridges of both sides on *server*, which the site has; a side that is None has no bridge."""
    before, after = (
        server_bridges(_known(site, project), project, server) if project else () for project in (old, new)
    )
    return NetworkChange(before, after)


def _known(site: Site, project: Project) -> Site:
    """Return *site* with every server that *project* names: a server no longer declared gets its name as address."""
    named = {server for switch in project.switches.values() for server in switch.service_hosts}
    any_server = next(iter(site.service_hosts.values()))
    missing = {name: replace(any_server, address=name) for name in named - site.service_hosts.keys()}
    return replace(site, service_hosts=site.service_hosts | missing) if missing else site


def _bridge_arguments(bridges: tuple[Bridge, ...], others: tuple[Bridge, ...]) -> Iterator[Arguments]:
    names = {bridge.name for bridge in others}
    for bridge in {each.name: each for each in bridges}.values():
        if bridge.name not in names and not bridge.provided:
            yield (bridge.name, bridge.mark, bridge.carrier.name if bridge.carrier else "-")


def switch_lines(before: dict[str, Switch], after: dict[str, Switch]) -> dict[str, str]:
    """Return a line for each network that changes, by its name on the new side, else by that on the old one."""
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
        f"{label} {_shown(before)} → {_shown(after)}"
        for label, before, after in (
            ("bridge", old.bridge, new.bridge),
            ("vlan", old.vlan, new.vlan),
            ("vxlan", old.vxlan, new.vxlan),
        )
        if before != after
    ]
    added = [name for name in new.service_hosts if name not in old.service_hosts]
    removed = [name for name in old.service_hosts if name not in new.service_hosts]
    parts += [f"new on {_listed(added)}"] if added else []
    parts += [f"removed from {_listed(removed)}"] if removed else []
    return f"~ {', '.join(parts)}" if parts else None


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names) or "no server"
