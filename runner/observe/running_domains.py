"""Configuration of running domains, parsed from the listing of a toolstack, and its differences from the IR."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlnc.ir.model import Host
from mlnc.runner.observe import sxp


@dataclass(frozen=True, slots=True)
class Running:
    """A running domain.

    *disks* maps device to path, *cards* MAC to bridge, *links* MAC to the vif device of the server; *links* is empty
    with xend, whose listing does not name that device.
    """

    memory_mib: int
    vcpus: int
    disks: dict[str, str]
    cards: dict[str, str]
    links: dict[str, str]


def running(toolstack: Literal["xl", "xm"], text: str) -> dict[str, Running]:
    """The domains in *text*, the output of ``xl list -l`` or ``xm list --long``, by UUID.

    Skips domains with incomplete facts. Raises ValueError for text of another form.
    """
    domains = json.loads(text) if toolstack == "xl" else sxp.lists(sxp.read(text), "domain")
    if not isinstance(domains, list):
        raise ValueError("not a list of domains")
    found = {}
    for domain in domains:
        try:
            uuid, facts = _of_xl(domain) if toolstack == "xl" else _of_xend(domain)
        except (KeyError, TypeError, ValueError):
            continue  # Domain-0, or a domain that is being created or destroyed.
        found[uuid] = facts
    return found


def _of_xl(domain: Any) -> tuple[str, Running]:
    """UUID and facts of a ``libxl_domain_config``. Its target memory excludes the video memory."""
    config = domain["config"]
    built, cards = config["b_info"], config.get("nics", [])
    return config["c_info"]["uuid"], Running(
        built["target_memkb"] // 1024,
        len(built.get("avail_vcpus", ())) or built["max_vcpus"],
        {disk["vdev"]: disk.get("pdev_path", "") for disk in config.get("disks", [])},
        {card["mac"].lower(): card.get("bridge", "") for card in cards},
        {card["mac"].lower(): f"vif{domain['domid']}.{card['devid']}" for card in cards if "devid" in card},
    )


def _of_xend(domain: list[sxp.Sxp]) -> tuple[str, Running]:
    """UUID and facts of a domain of xend (``XendConfig.to_sxp``), with devices as ``(device (vif (mac ...) ...))``."""
    devices = [
        each for device in sxp.lists(domain, "device") for each in device[1:] if isinstance(each, list)
    ]
    disks = [disk for kind in ("vbd", "tap", "tap2") for disk in sxp.lists(devices, kind)]
    cards = sxp.lists(devices, "vif")
    cpus = "online_vcpus" if sxp.lists(domain, "online_vcpus") else "vcpus"
    return sxp.value(domain, "uuid"), Running(
        int(sxp.value(domain, "memory")),
        int(sxp.value(domain, cpus)),
        {_device(sxp.value(disk, "dev")): _path(sxp.value(disk, "uname")) for disk in disks},
        {sxp.value(card, "mac").lower(): sxp.value(card, "bridge") for card in cards},
        {},
    )


def _device(name: str) -> str:
    """``xvda1`` of ``xvda1:disk`` or ``ioemu:xvda1:disk``."""
    return name.removeprefix("ioemu:").partition(":")[0]


def _path(name: str) -> str:
    """The path of ``phy:/dev/...``, ``file:/...`` or ``tap:aio:/...``; a relative name is below /dev."""
    path = re.sub(r"^(?:[a-z0-9]+:)+", "", name)
    return f"/dev/{path}" if path and not path.startswith("/") else path


def domain_differences(host: Host, found: Running, bridges: Mapping[str, str]) -> Iterator[str]:
    """Differences of *found* from *host*. *bridges* maps each vif device to its current bridge (``ip link``)."""
    if found.memory_mib != host.memory_mib:
        yield f"runs with {found.memory_mib} MiB of memory, not {host.memory_mib}"
    if found.vcpus != host.vcpus:
        yield f"runs with {found.vcpus} virtual CPUs, not {host.vcpus}"
    disks = {disk.device: disk.path for disk in host.disks}
    yield from _compared("disk", disks, found.disks)
    cards = {card.mac.lower(): card.bridge for card in host.interfaces.values()}
    current = {mac: bridges.get(found.links.get(mac, ""), listed) for mac, listed in found.cards.items()}
    yield from _compared("vif", cards, current)


def _compared(kind: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*wanted, *found}):
        if name not in found:
            yield f"runs without {kind} {name}"
        elif name not in wanted:
            yield f"runs with an additional {kind} {name} ({found[name] or 'empty'})"
        elif found[name] != wanted[name]:
            yield f"{kind} {name} uses {found[name] or 'nothing'}, not {wanted[name]}"
