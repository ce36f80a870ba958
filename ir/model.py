"""The intermediate representation (IR) that the front end passes to the targets.

Plain, frozen values; field names contain the units. ``schemas/ir.schema.json`` and ``schemas/site.schema.json``
state the same contract as data; a test compares the two. This module has no knowledge of the MLN language.
"""

from dataclasses import dataclass, field
from typing import Literal

IR_VERSION = 2

Role = Literal["root", "swap", "seed"]
Platform = Literal["xen", "uml", "kvm", "ec2", "openstack", "vmware"]
DomainType = Literal["pv", "hvm", "pvh"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret by its name in the secrets file. The value is never written to ``out/``."""

    secret: str


@dataclass(frozen=True, slots=True)
class ForeignBlock:
    """A block of a platform that mlnc does not build, kept as written (mln-language.md, section 1)."""

    values: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    blocks: dict[str, "ForeignBlock"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volume:
    """A logical volume or image file that mlnc creates for one host.

    ``sizing`` is the source of the size: ``exact`` is ``size_bytes``; ``free`` is the template's size plus
    ``free_space_bytes``; ``template`` is the template's size, but at least ``size_bytes``.
    ``resize`` is the tool family that grows the file system after the template is copied. The role ``seed``
    is the small disk from which cloud-init configures the guest: the guest's configuration script fills it.
    ``role`` repeats the key under which the host has the volume, because commands and tags take a volume alone.
    """

    role: Role
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
    """A network card: its vif on the server and its configuration in the guest."""

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
    """The VNC display of a domain that requests one."""

    listen: str
    display: int | None
    keymap: str | None
    password: Secret | None


@dataclass(frozen=True, slots=True)
class User:
    """An account in the guest. ``hash`` is a password hash (crypt(3)) or a secret that contains one."""

    name: str
    hash: str | Secret | None
    home: str
    uid: int | None


@dataclass(frozen=True, slots=True)
class GuestGroup:
    """A group in the guest and its members."""

    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key line for one user's ``authorized_keys``."""

    user: str
    key: str


@dataclass(frozen=True, slots=True)
class GuestFile:
    """A file or tree to copy into the guest; ``source`` is below the service host's ``files`` directory."""

    source: str
    target: str
    mode: str | None


@dataclass(frozen=True, slots=True)
class Mount:
    """An additional disk: source on the server, device and mount point in the guest."""

    source: str
    device: str
    mountpoint: str
    fstype: str
    options: str


@dataclass(frozen=True, slots=True)
class Guest:
    """The configuration inside the guest. ``mode`` ``none``: mlnc does not change the image (HVM)."""

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
    """One virtual machine. ``uuid`` and MACs derive from names alone, so no other change affects them.

    ``renamed_from`` is the previous name; ``uuid`` and MACs still derive from it. ``memory_mib`` and ``vcpus`` are the
    amounts at start; ``maxmem_mib`` and ``max_vcpus`` are the ceilings as the project states them, never less than the
    amounts, None where it states none. ``volumes`` are in the order root, swap, seed.
    """

    domain: str
    uuid: str
    renamed_from: str | None
    platform: Platform
    type: DomainType
    service_host: str
    boot_order: int
    memory_mib: int
    maxmem_mib: int | None
    vcpus: int
    max_vcpus: int | None
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
    volumes: dict[Role, Volume]
    disks: tuple[Disk, ...]
    interfaces: dict[str, Interface]
    guest: Guest
    foreign: dict[str, ForeignBlock]

    @property
    def is_xen(self) -> bool:
        """True for a Xen domain, False for a host of a platform that mlnc does not build."""
        return self.platform == "xen"

    @property
    def effective_maxmem_mib(self) -> int:
        """Memory in MiB up to which the domain can grow while it runs."""
        return self.memory_mib if self.maxmem_mib is None else self.maxmem_mib

    @property
    def effective_max_vcpus(self) -> int:
        """Number of virtual processors up to which the domain can grow while it runs."""
        return self.vcpus if self.max_vcpus is None else self.max_vcpus


@dataclass(frozen=True, slots=True)
class Member:
    """An interface connected to a switch."""

    host: str
    interface: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A network of the project: a bridge of this name on each of ``service_hosts``."""

    bridge: str
    own_bridge: bool
    renamed_from: str | None
    service_hosts: tuple[str, ...]
    vlan: int | None
    vxlan: int | None
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """One project, complete, names sorted (``out/ir/<project>.yaml``)."""

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
        """Return the Xen hosts by name, sorted; only those on *server* if it is given."""
        return {
            name: host
            for name, host in sorted(self.hosts.items())
            if host.is_xen and server in (None, host.service_host)
        }


@dataclass(frozen=True, slots=True)
class ServiceHost:
    """A physical server: its address, capacity and paths. Paths are absolute."""

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
    """Every service host that is declared or used (``out/ir/site.yaml``)."""

    ir_version: int
    service_hosts: dict[str, ServiceHost]


@dataclass(frozen=True, slots=True)
class Course:
    """The input of the targets: the site and every project by name."""

    site: Site
    projects: dict[str, Project]
