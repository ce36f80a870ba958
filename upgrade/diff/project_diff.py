"""One project on both sides of an upgrade: which virtual machine is which, and what happens to each."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlnc.ir.model import Project, Site
from mlnc.upgrade.diff.deployed_state import Before, OldProject
from mlnc.upgrade.diff.host_change import HostChange, Locate, changed, created, retired
from mlnc.upgrade.diff.host_diff import Pair


@dataclass(frozen=True, slots=True)
class ProjectUpgrade:
    """One project on both sides; *was* is what the servers have, under the old name if it is renamed."""

    new: Project
    was: OldProject | None
    changes: dict[str, HostChange]

    @property
    def renamed(self) -> bool:
        """Whether the project itself has got another name."""
        return self.was is not None and self.was.project != self.new.project


def upgrade(
    before: Before, new: Project, site: Site, locate: Locate, down: Mapping[str, str]
) -> ProjectUpgrade:
    """What happens to each virtual machine of one project. *down* are those that must not run meanwhile, and why."""
    was = before.projects.get(new.project) or before.projects.get(new.renamed_from or "")
    old_hosts = was.hosts() if was else {}
    changes: dict[str, HostChange] = {}
    for name, host in new.xen_hosts().items():
        old_name = name if name in old_hosts else host.renamed_from
        old = old_hosts.pop(old_name, None) if old_name else None
        if was is None or old is None or old_name is None:
            changes[name] = created(new.project, name, host)
        else:
            pair = Pair(new.project, name, was.project, old_name, old, host)
            changes[name] = changed(
                pair, was.held(old_name) | {host.service_host}, site, locate, down.get(name)
            )
    for name, old in old_hosts.items():
        assert was is not None
        changes[name] = retired(new.project, was.project, name, old, was.held(name))
    return ProjectUpgrade(new, was, dict(sorted(changes.items())))
