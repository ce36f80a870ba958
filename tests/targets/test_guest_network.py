"""The network of each family, read back by the programs that read it in the guest: it is what the IR says."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from courses import interface

from mlnc.ir.model import Interface
from mlnc.targets.guest import guest_fstab_network
from mlnc.targets.shell.shell_library import library_files

NO_IPV4: dict[str, Any] = {
    "address": None,
    "prefix_length": None,
    "netmask": None,
    "broadcast": None,
    "gateway": None,
}
IPV6: dict[str, Any] = {"mode6": "static", "address6": "2001:db8::2", "prefix_length6": 64}
CARDS: dict[str, Interface] = {
    "eth0": interface(**IPV6, gateway6="2001:db8::1"),
    "eth1": interface(mac="00:16:3e:00:00:02", mode="dhcp", **NO_IPV4),
    "eth2": interface(
        mac="00:16:3e:00:00:03", gateway=None, auto=False, address="10.3.0.2", prefix_length=16
    ),
    "eth3": interface(mac="00:16:3e:00:00:04", mode="none", mode6="auto", **NO_IPV4),
    "eth4": interface(mac="00:16:3e:00:00:05", mode="none", **NO_IPV4),
    "eth10": interface(mac="00:16:3e:00:00:06", mode="none", gateway6="fe80::1", **{**NO_IPV4, **IPV6}),
}
CONFIGURED = [name for name in CARDS if name != "eth4"]
NAMESERVERS = ("10.0.0.53", "2001:db8::53")
SHELL = """\
set -eu
guest_work=$1 guest_table=$2 guest_domain=linux.demo
. "$3"
guest_has() { false; }
guest_sweep() { :; }
guest_setting() { :; }
guest_wants() { :; }
guest_write() { mkdir -p "$guest_work/root${1%/*}" && cp "$3" "$guest_work/root$1"; chmod "$2" "$guest_work/root$1"; }
guest_nameservers=$5
"guest_$4"
"""


@pytest.fixture
def lay(tmp_path: Path) -> Any:
    """The files of a family, by path."""

    def laid(family: str, nameservers: tuple[str, ...] = NAMESERVERS) -> dict[str, str]:
        table, library = tmp_path / "network", tmp_path / "guest-network.sh"
        table.write_text(guest_fstab_network.network(CARDS))
        library.write_text(library_files()["guest-network.sh"])
        words = [str(tmp_path), str(table), str(library), family, " ".join(nameservers)]
        subprocess.run(["sh", "-c", SHELL, "sh", *words], check=True)
        root = tmp_path / "root"
        return {f"/{each.relative_to(root)}": each.read_text() for each in root.rglob("*") if each.is_file()}

    return laid


def reader(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


def say(*command: str, text: str = "") -> str:
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def sections(text: str) -> dict[str, list[tuple[str, str]]]:
    """An INI file of systemd or NetworkManager, in which a key and a section may stand more than once."""
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(name, []).append((key, value))
    return found


@reader("ifquery")
def test_ifupdown(lay: Any, tmp_path: Path) -> None:
    lay("ifupdown")
    file = f"--interfaces={tmp_path}/root/etc/network/interfaces"
    assert say("ifquery", file, "--list").split() == ["lo", "eth0", "eth1", "eth3", "eth10"]
    eth0 = say("ifquery", file, "eth0")
    assert re.findall(r"^(?:address|netmask|gateway|broadcast): (.*)", eth0, re.MULTILINE) == [
        *("10.0.0.2", "255.255.255.0", "10.0.0.255", "10.0.0.1"),
        *("2001:db8::2", "64", "2001:db8::1"),
    ]
    assert "dns-nameservers: 10.0.0.53 2001:db8::53" in eth0
    assert "address: 10.3.0.2" in say("ifquery", file, "eth2")
    assert "address: 2001:db8::2" in say("ifquery", file, "eth10")
    assert subprocess.run(["ifquery", file, "eth4"], capture_output=True, check=False).returncode == 1


@reader("netplan")
def test_netplan(lay: Any, tmp_path: Path) -> None:
    lay("netplan")
    say("netplan", "generate", "--root-dir", f"{tmp_path}/root")
    units = tmp_path / "root/run/systemd/network"
    made = {name: sections((units / f"10-netplan-{name}.network").read_text()) for name in CONFIGURED}
    assert not (units / "10-netplan-eth4.network").exists()
    for name, unit in made.items():
        assert ("PermanentMACAddress", CARDS[name].mac) in unit["Match"]
        assert f"Name={name}\n" in (units / f"10-netplan-{name}.link").read_text()
        assert {value for key, value in unit["Network"] if key == "DNS"} == set(NAMESERVERS)
    networks = {name: unit["Network"] for name, unit in made.items()}
    assert [value for key, value in networks["eth0"] if key == "Address"] == ["10.0.0.2/24", "2001:db8::2/64"]
    assert [value for key, value in made["eth0"]["Route"] if key == "Gateway"] == ["10.0.0.1", "2001:db8::1"]
    assert ("DHCP", "ipv4") in networks["eth1"]
    assert ("ActivationPolicy", "manual") in made["eth2"]["Link"]
    assert ("IPv6AcceptRA", "yes") in networks["eth3"]
    assert ("IPv6AcceptRA", "no") in networks["eth10"]


@reader("nmcli")
def test_networkmanager(lay: Any) -> None:
    files = {
        path.rpartition("mlnc-")[2].removesuffix(".nmconnection"): text
        for path, text in lay("networkmanager").items()
    }
    assert sorted(files) == sorted(CONFIGURED)
    read = {name: configparser.ConfigParser(interpolation=None, delimiters=("=",)) for name in files}
    for name, text in files.items():
        read[name].read_string(
            say("nmcli", "--offline", "connection", "modify", "connection.zone", "", text=text)
        )
        assert read[name]["connection"]["type"] == "ethernet"
        assert read[name]["ethernet"]["mac-address"].lower() == CARDS[name].mac
    assert dict(read["eth0"]["ipv4"]) == {
        "method": "manual",
        "address1": "10.0.0.2/24,10.0.0.1",
        "dns": "10.0.0.53;",
    }
    assert read["eth0"]["ipv6"]["address1"] == "2001:db8::2/64,2001:db8::1"
    assert read["eth0"]["ipv6"]["dns"] == "2001:db8::53;"
    assert read["eth1"]["ipv4"]["method"] == "auto"
    assert read["eth2"]["connection"]["autoconnect"] == "false"
    assert (read["eth3"]["ipv4"]["method"], read["eth3"]["ipv6"]["method"]) == ("disabled", "auto")
    assert read["eth10"]["ipv6"]["method"] == "manual"
    assert len({each["connection"]["uuid"] for each in read.values()}) == len(files)


def test_networkd(lay: Any) -> None:
    files = {path: sections(text) for path, text in lay("networkd").items()}
    eth0 = files["/etc/systemd/network/10-mlnc-eth0.network"]
    assert eth0["Match"] == [("MACAddress", "00:16:3e:00:00:01")]
    assert [value for key, value in eth0["Address"] if key == "Address"] == ["10.0.0.2/24", "2001:db8::2/64"]
    assert [value for key, value in eth0["Network"] if key == "Gateway"] == ["10.0.0.1", "2001:db8::1"]
    assert ("DHCP", "ipv4") in files["/etc/systemd/network/10-mlnc-eth1.network"]["Network"]
    assert ("ActivationPolicy", "manual") in files["/etc/systemd/network/10-mlnc-eth2.network"]["Link"]
    assert len(files) == len(CONFIGURED)


def test_ifcfg(lay: Any, tmp_path: Path) -> None:
    files = lay("ifcfg")
    assert sorted(path.rpartition("-")[2] for path in files) == sorted(CONFIGURED)
    addresses = "${IPADDR-}/${PREFIX-} ${NETMASK-} ${GATEWAY-} ${IPV6ADDR-} ${DNS2-}"
    show = f'. "$1"; echo "$DEVICE $HWADDR $ONBOOT $BOOTPROTO {addresses}"'
    folder = tmp_path / "root/etc/sysconfig/network-scripts"
    said = {name: say("sh", "-c", show, "sh", str(folder / f"ifcfg-{name}")).split() for name in CONFIGURED}
    assert said["eth0"] == [
        *("eth0", "00:16:3e:00:00:01", "yes", "none", "10.0.0.2/24", "255.255.255.0", "10.0.0.1"),
        *("2001:db8::2/64", "2001:db8::53"),
    ]
    assert said["eth1"][2:4] == ["yes", "dhcp"]
    assert said["eth2"][2] == "no"
    assert "IPV6_DEFAULTGW=fe80::1%eth10\n" in files["/etc/sysconfig/network-scripts/ifcfg-eth10"]


def test_busybox(lay: Any, tmp_path: Path) -> None:
    lay("busybox")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("ifconfig", "route", "udhcpc", "ip"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (programs / name).chmod(0o755)
    said = subprocess.run(
        [f"{tmp_path}/root/etc/mlnc/network"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines() == [
        "ifconfig lo 127.0.0.1 up",
        "ifconfig eth0 10.0.0.2 netmask 255.255.255.0 broadcast 10.0.0.255 up",
        "route add default gw 10.0.0.1",
        "ip -6 addr add 2001:db8::2/64 dev eth0",
        "ip -6 route add default via 2001:db8::1 dev eth0",
        "ifconfig eth1 up",
        "udhcpc -b -i eth1",
        "ifconfig eth3 up",
        "ifconfig eth10 up",
        "ip -6 addr add 2001:db8::2/64 dev eth10",
        "ip -6 route add default via fe80::1 dev eth10",
    ]


@pytest.mark.parametrize("family", ["ifupdown", "netplan", "networkmanager", "networkd", "ifcfg", "busybox"])
def test_without_name_servers_none_is_named(family: str, lay: Any) -> None:
    assert not re.search("dns|nameserver", "".join(lay(family, ()).values()), re.IGNORECASE)
