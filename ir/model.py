"""The intermediate representation: what the front end hands to the targets.

Plain, frozen values with their units in the field names. ``schemas/ir.schema.json`` and
``schemas/site.schema.json`` are the same contract as data; a test holds the two together. Nothing here knows
MLN, and nothing of the front end is imported.
"""

from dataclasses import dataclass, field
from typing import Literal

IR_VERSION = 1

Platform = Literal["xen", "uml", "kvm", "ec2", "openstack", "vmware"]
DomainType = Literal["pv", "hvm", "pvh"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a value that never stands in ``out/``: its name in the secrets file."""

    secret: str


@dataclass(frozen=True, slots=True)
class ForeignBlock:
    """A block of a platform mlnc does not build, kept as it was written (mln-language.md, section 1)."""

    values: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    blocks: dict[str, "ForeignBlock"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume or image file that mlnc makes for one host.

    ``sizing`` says where the size comes from: ``exact`` is ``size_bytes``; ``free`` is the template's size plus
    ``free_space_bytes``; ``template`` is the template's size, but at least ``size_bytes``.
    ``resize`` names the tool family that grows the file system after the template was copied. The role ``seed``
    is the small disk from which cloud-init configures the guest: made empty, and filled by the guest's own script.
    """

    role: Literal["root", "swap", "seed"]
    name: str
    kind: Literal["lvm", "file"]
    path: str
    volume_group: str | None
    sizing: Literal["exact", "free", "template"]
    size_bytes: int
    free_space_bytes: int
    template: str | None
    resize: Literal["ext", "fat32", "none"]
    snapshot: bool
    lock: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk as the domain sees it, in the order of the domain file."""

    device: str
    role: Literal["root", "swap", "mount", "seed"]
    kind: Literal["phy", "file"]
    path: str


@dataclass(frozen=True, slots=True)
class Interface:
    """A network card: its vif on the outside, its configuration in the guest."""

    mac: str
    bridge: str
    switch: str | None
    mode: Literal["static", "dhcp", "none"]
    auto: bool
    address: str | None = None
    prefix_length: int | None = None
    netmask: str | None = None
    broadcast: str | None = None
    gateway: str | None = None
    mode6: Literal["static", "auto", "none"] = "none"
    address6: str | None = None
    prefix_length6: int | None = None
    gateway6: str | None = None


@dataclass(frozen=True, slots=True)
class Vnc:
    """The VNC display of a domain; there is none unless the project asks for it."""

    listen: str
    display: int | None
    keymap: str | None
    password: Secret | None


@dataclass(frozen=True, slots=True)
class User:
    """An account in the guest. ``hash`` is an encrypted password (crypt(3)) or a secret that holds one."""

    name: str
    hash: str | Secret | None
    home: str
    uid: int | None


@dataclass(frozen=True, slots=True)
class GuestGroup:
    """A group in the guest and the users that belong to it."""

    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key line for one user's ``authorized_keys``."""

    user: str
    key: str


@dataclass(frozen=True, slots=True)
class GuestFile:
    """A file or tree copied into the guest: source below the service host's ``files`` directory."""

    source: str
    target: str
    mode: str | None


@dataclass(frozen=True, slots=True)
class Mount:
    """A further disk: what is attached, under which device, and where the guest mounts it."""

    source: str
    device: str
    mountpoint: str
    fstype: str
    options: str


@dataclass(frozen=True, slots=True)
class Guest:
    """What is configured inside the guest. ``mode`` ``none``: nothing is (HVM), the image is left alone."""

    mode: Literal["mount", "cloud-init", "none"]
    hostname: str
    root_device: str
    swap_device: str | None
    nameservers: tuple[str, ...]
    root_password: Secret | None
    users: tuple[User, ...]
    groups: tuple[GuestGroup, ...]
    ssh_keys: tuple[SshKey, ...]
    files: tuple[GuestFile, ...]
    modules: tuple[str, ...]
    mounts: tuple[Mount, ...]
    internal_swap_bytes: int | None
    startup: tuple[str, ...]
    shutdown: tuple[str, ...]
    user_data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Host:
    """One virtual machine. ``uuid`` and MACs derive from names alone, so they outlive every other change.

    ``renamed_from`` is the name it had before, from which they derive. ``memory_mib`` and ``vcpus`` are what it
    starts with, ``maxmem_mib`` and ``max_vcpus`` (never less) how far they can grow while it runs.
    """

    domain: str
    uuid: str
    renamed_from: str | None
    platform: Platform
    type: DomainType
    service_host: str
    boot_order: int
    memory_mib: int
    maxmem_mib: int
    vcpus: int
    max_vcpus: int
    cpus: str | None
    kernel: str | None
    ramdisk: str | None
    kernel_arguments: str
    vnc: Vnc | None
    console: Literal["xterm", "screen", "none"]
    console_color: str
    owner: str | None
    group: str | None
    on_crash: Literal["destroy", "restart", "preserve"] | None
    xen_extra: tuple[str, ...]
    volumes: tuple[Volume, ...]
    disks: tuple[Disk, ...]
    interfaces: dict[str, Interface]
    guest: Guest
    foreign: dict[str, ForeignBlock]

    @property
    def is_xen(self) -> bool:
        """True for a Xen domain, False for a host of a platform that mlnc does not build."""
        return self.platform == "xen"


@dataclass(frozen=True, slots=True)
class Member:
    """An interface plugged into a switch."""

    host: str
    interface: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A network of the project: one bridge of this name on each of ``service_hosts``."""

    bridge: str
    own_bridge: bool
    renamed_from: str | None
    service_hosts: tuple[str, ...]
    vlan: int | None
    vxlan: int | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """``out/ir/<project>.yaml``: one project, complete, names sorted."""

    ir_version: int
    project: str
    renamed_from: str | None
    autostart: bool
    stop_timeout_seconds: int
    password: Secret | None
    hooks: dict[str, tuple[str, ...]]
    switches: dict[str, Switch]
    hosts: dict[str, Host]
    foreign: dict[str, ForeignBlock]

    def xen_hosts(self, server: str | None = None) -> dict[str, Host]:
        """Return the hosts that are Xen domains, by name and sorted; only those on *server* if it is given."""
        return {
            name: host
            for name, host in sorted(self.hosts.items())
            if host.is_xen and server in (None, host.service_host)
        }


@dataclass(frozen=True, slots=True)
class ServiceHost:
    """A physical server: how it is reached and what it holds. Sizes in MiB, paths absolute."""

    declared: bool
    address: str
    user: str | None
    port: int | None
    toolstack: Literal["xl", "xm"]
    xen_version: str | None
    memory_mib: int | None
    migrations: int
    kernel: str
    ramdisk: str | None
    modules: str | None
    bridge: str
    uplink: str | None
    volume_group: str
    san_paths: tuple[str, ...]
    lvm_execute_servers: tuple[str, ...]
    templates: str
    files: str
    projects: str
    default_template: str
    default_size_bytes: int
    default_memory_mib: int
    default_term: Literal["xterm", "screen", "none"]
    daemon_allow: tuple[str, ...]
    relocation_allow: tuple[str, ...]
    relocation_address: str
    relocation_port: int


@dataclass(frozen=True, slots=True)
class Site:
    """``out/ir/site.yaml``: every service host that is declared or used."""

    ir_version: int
    service_hosts: dict[str, ServiceHost]


@dataclass(frozen=True, slots=True)
class Course:
    """All that one build knows: the site and every project, by name."""

    site: Site
    projects: dict[str, Project]
