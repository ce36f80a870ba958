"""What the domains of a service host have, as its toolstack tells at length, and how that differs from the IR."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlnc.ir.model import Host
from mlnc.runner.observe import sxp


@dataclass(frozen=True, slots=True)
class Running:
    """A domain that runs: its memory in MiB, its virtual CPUs, the path behind each device, the bridge of each MAC.

    *links* names the network device of the server for each MAC, where the toolstack tells.
    """

    memory_mib: int
    vcpus: int
    disks: dict[str, str]
    cards: dict[str, str]
    links: dict[str, str]


def running(toolstack: Literal["xl", "xm"], text: str) -> dict[str, Running]:
    """By UUID, every domain of which *text* tells enough: what ``xl list -l`` or ``xm list --long`` prints.

    Raises ValueError where the text is not of that form.
    """
    domains = json.loads(text) if toolstack == "xl" else sxp.lists(sxp.read(text), "domain")
    if not isinstance(domains, list):
        raise ValueError("this is no list of domains")
    found = {}
    for domain in domains:
        try:
            uuid, facts = _of_xl(domain) if toolstack == "xl" else _of_xend(domain)
        except (KeyError, TypeError, ValueError):
            continue  # not one of ours: Domain-0, or one that is made or ends just now
        found[uuid] = facts
    return found


def _of_xl(domain: Any) -> tuple[str, Running]:
    """A domain as libxl has it (``libxl_domain_config``). The target is what was asked for; the rest is the video's."""
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
    """A domain as xend has it (``XendConfig.to_sxp``): ``(device (vif (mac ...) ...))``, and so on."""
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
    """The path of ``phy:/dev/...``, ``file:/...`` or ``tap:aio:/...``; a device may be named without its /dev."""
    path = re.sub(r"^(?:[a-z0-9]+:)+", "", name)
    return f"/dev/{path}" if path and not path.startswith("/") else path


def domain_differences(host: Host, found: Running, bridges: Mapping[str, str]) -> Iterator[str]:
    """Where *found* is not as *host* says; *bridges* gives the bridge that a link is plugged into."""
    if found.memory_mib != host.memory_mib:
        yield f"runs with {found.memory_mib} MiB of memory, not {host.memory_mib}"
    if found.vcpus != host.vcpus:
        yield f"runs with {found.vcpus} virtual CPUs, not {host.vcpus}"
    disks = {disk.device: disk.path for disk in host.disks}
    yield from _compared("disk", "is", disks, found.disks)
    cards = {card.mac.lower(): card.bridge for card in host.interfaces.values()}
    plugged = {mac: bridges.get(found.links.get(mac, ""), told) for mac, told in found.cards.items()}
    yield from _compared("card", "is on", cards, plugged)


def _compared(what: str, verb: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*wanted, *found}):
        if name not in found:
            yield f"runs without the {what} {name}"
        elif name not in wanted:
            yield f"runs with a {what} {name} ({found[name] or 'empty'}) that it should not have"
        elif found[name] != wanted[name]:
            yield f"its {what} {name} {verb} {found[name] or 'nothing'}, not {wanted[name]}"
