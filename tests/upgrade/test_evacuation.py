"""Evacuation targets, compared with an exhaustive search."""

from itertools import product

from courses import course, host, project, service_host, switch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnc.ir.model import Course, Member, Vnc
from mlnc.upgrade.evacuation import evacuate

OTHERS = ("two", "three")


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Draw a few virtual machines on the server ``one``, some on one switch; two other small servers have one each."""
    hosts = {}
    for number in range(draw(st.integers(1, 5))):
        display = Vnc("127.0.0.1", number, None, None) if draw(st.booleans()) else None
        hosts[f"h{number}"] = host(service_host="one", memory_mib=draw(st.integers(1, 4)), vnc=display)
    joined = draw(st.lists(st.sampled_from(sorted(hosts)), max_size=3, unique=True))
    vlan = draw(st.none() | st.just(7))
    lan = switch(service_hosts=("one",), vlan=vlan, members=tuple(Member(name, "eth0") for name in joined))
    for name in OTHERS:
        taken = Vnc("127.0.0.1", draw(st.integers(0, 4)), None, None)
        hosts[name] = host(service_host=name, memory_mib=1, vnc=taken)
    servers = {name: service_host(memory_mib=draw(st.none() | st.integers(1, 9))) for name in OTHERS}
    made = project(hosts=hosts, switches={"lan": lan})
    return course(made, service_hosts={"one": service_host(), **servers})


def fits(made: Course, targets: dict[str, str]) -> bool:
    """Return True if the placement is allowed."""
    (only,) = made.projects.values()
    lan = only.switches["lan"]
    if lan.vlan is None and len({targets[member.host] for member in lan.members}) > 1:
        return False
    for server in OTHERS:
        here = [each for name, each in only.hosts.items() if targets.get(name, name) == server]
        memory = made.site.service_hosts[server].memory_mib
        displays = [each.vnc.display for each in here if each.vnc is not None]
        if memory is not None and sum(each.memory_mib for each in here) > memory:
            return False
        if len(displays) != len(set(displays)):
            return False
    return True


@settings(max_examples=200, deadline=None)
@given(courses())
def test_the_search_finds_a_placement_if_one_exists(made: Course) -> None:
    (only,) = made.projects.values()
    names = [name for name, each in only.hosts.items() if each.service_host == "one"]
    placements = [dict(zip(names, each, strict=True)) for each in product(OTHERS, repeat=len(names))]
    possible = [each for each in placements if fits(made, each)]
    found = evacuate(made, "one")
    if possible:
        assert isinstance(found, dict)
        assert {name.removeprefix("demo/"): target for name, target in found.items()} in possible
    else:
        assert isinstance(found, tuple)
        assert found
        assert all(each.hosts and set(each.hosts) <= {f"demo/{name}" for name in names} for each in found)
