"""The servers themselves: what was done to them leaves their own programs without a complaint."""

import pytest
from faults import command
from newcomer import Newcomer

from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import run

pytestmark = pytest.mark.lab
SERVERS = (1, 2)


@pytest.mark.parametrize("number", SERVERS)
def test_xl_reads_every_domain_file_without_a_warning(number: int, deployed: Newcomer) -> None:
    server = deployed.lab.server(number)
    each = (
        'for file in /var/lib/mlnc/*/current/*.cfg; do echo "$file" && xl create -q -n "$file" || exit; done'
    )
    done = run(deployed.lab, server, each)
    assert (done.returncode, done.stderr) == (0, "")
    files = {host.domain for host in deployed.hosts().values() if host.service_host == server.name}
    assert len([line for line in done.stdout.splitlines() if line.endswith(".cfg")]) == len(files)


@pytest.mark.parametrize("number", SERVERS)
def test_kernel_and_hypervisor_report_no_error(number: int, deployed: Newcomer) -> None:
    assert complaints(deployed.lab, deployed.lab.server(number)) == []


def complaints(lab: Lab, server: Server) -> list[str]:
    """Errors that the kernel of dom0 and the hypervisor have reported since *server* booted."""
    kernel = command(lab, server, "dmesg --level emerg,alert,crit,err | sed 's/^\\[[^]]*\\] *//'")
    hypervisor = "xl dmesg | grep -v Loglevel | grep -iE 'error|fault|denied|crash' || :"
    lines = [line for line in kernel.splitlines() if not of_the_emulation(line)]
    return lines + command(lab, server, hypervisor).splitlines()


def of_the_emulation(line: str) -> bool:
    """Whether a line of the kernel is about the machine that QEMU emulates, and there before anything is deployed."""
    return line.startswith(("PCI: ", "pci ", "cpufreq", "xen_mcelog", "piix4_smbus"))


@pytest.mark.parametrize("number", SERVERS)
def test_domains_could_move_to_the_other_server(number: int, deployed: Newcomer) -> None:
    server = deployed.lab.server(number)
    done = run(deployed.lab, server, "/var/lib/mlnc/_server/current/preflight.sh")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", SERVERS)
def test_guests_will_be_shut_down_before_their_server(number: int, deployed: Newcomer) -> None:
    """A unit that is enabled, but not active, stops nothing."""
    done = run(deployed.lab, deployed.lab.server(number), "systemctl is-active mlnc-shutdown.service")
    assert done.stdout == "active\n"
