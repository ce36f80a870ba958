"""Difference of one project: pairs of old and new virtual machines, and the change of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlnc.ir.model import Project, Site
from mlnc.upgrade.diff.deployed_state import DeployedProject, DeployedState
from mlnc.upgrade.diff.host_change import HostChange, Locate, changed, created, retired
from mlnc.upgrade.diff.host_diff import HostPair


@dataclass(frozen=True, slots=True)
class ProjectUpgrade:
    """One project on both sides. *old* is the deployed one, under the old name after a rename, or None."""

    new: Project
    old: DeployedProject | None
    changes: dict[str, HostChange]

    @property
    def renamed(self) -> bool:
        """True if the project itself is renamed."""
        return self.old is not None and self.old.project != self.new.project


def project_upgrade(
    deployed: DeployedState, new: Project, site: Site, locate: Locate, stop_reasons: Mapping[str, str]
) -> ProjectUpgrade:
    """Return the change of each virtual machine of *new*; *stop_reasons* names hosts that must be stopped, with why."""
    project = deployed.projects.get(new.project) or deployed.projects.get(new.renamed_from or "")
    old_hosts = project.hosts() if project else {}
    changes: dict[str, HostChange] = {}
    for name, host in new.xen_hosts().items():
        old_name = name if name in old_hosts else host.renamed_from
        old = old_hosts.pop(old_name, None) if old_name else None
        if project is None or old is None or old_name is None:
            changes[name] = created(new.project, name, host)
        else:
            pair = HostPair(new.project, name, project.project, old_name, old, host)
            servers = project.possible_servers(old_name) | {host.service_host}
            changes[name] = changed(pair, servers, site, locate, stop_reasons.get(name))
    for name, old in old_hosts.items():
        assert project is not None
        servers = project.possible_servers(name)
        changes[name] = retired(new.project, project.project, name, old, servers)
    return ProjectUpgrade(new, project, dict(sorted(changes.items())))
