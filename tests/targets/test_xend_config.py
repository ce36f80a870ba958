"""The fragment of xend-config.sxp, read back by a reader of its own."""

from typing import Any

from bundles import codes, texts
from courses import SERVER, course, service_host
from golden_files import Golden
from hypothesis import given
from hypothesis import strategies as st
from sxp_reader import directives, read

from mlnc.ir.model import Course
from mlnc.targets.xen import xend_config
from mlnc.targets.xen.xend_config import quote_sxp


def of(**changes: Any) -> Course:
    plain = {"address": "10.0.0.1", "san_paths": ("san",), "toolstack": "xm"}
    first = service_host(**{**plain, **changes})
    two = service_host(address="newvmbox.ahania.com", san_paths=("san",))
    return course(service_hosts={SERVER: first, "newvmbox": two})


def fragment(made: Course) -> str:
    return texts(xend_config.emit(made))[f"hosts/{SERVER}/_server/xend-config.sxp"]


def test_golden(golden: Golden) -> None:
    golden(
        "xend_config/xend-config.sxp", fragment(of(relocation_allow=("*.ahania.com",), relocation_port=8012))
    )


def test_what_xend_reads() -> None:
    assert directives(fragment(of(relocation_allow=("*.ahania.com",), relocation_address="10.0.0.1"))) == {
        "xend-address": "",
        "xend-relocation-server": "yes",
        "xend-relocation-port": "8002",
        "xend-relocation-address": "10.0.0.1",
        "xend-relocation-hosts-allow": (r"^localhost$ ^newvmbox$ ^newvmbox\.ahania\.com$ ^.*\.ahania\.com$"),
    }


def test_who_has_one() -> None:
    assert [path.removeprefix("hosts/") for path in texts(xend_config.emit(of()))] == [
        "newvmbox/_server/xend-config.sxp",
        f"{SERVER}/_server/xend-config.sxp",
        f"{SERVER}/_server/xend-merge.sh",
    ]
    apart = course(service_hosts={SERVER: service_host(toolstack="xm"), "two": service_host(toolstack="xm")})
    assert xend_config.emit(apart).artifacts == []
    alone = course(service_hosts={SERVER: service_host(toolstack="xm", relocation_allow=("a.example",))})
    assert len(xend_config.emit(alone).artifacts) == 2


def test_address_that_is_none() -> None:
    made = xend_config.emit(of(relocation_address="a b"))
    assert codes(made) == [("relocation-address-syntax", f"site/service_hosts/{SERVER}/relocation_address")]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_string_of_xend(text: str) -> None:
    assert read(f"(a {quote_sxp(text)})") == [["a", text]]


@given(st.text(max_size=10), st.text(max_size=10))
def test_any_text_leaves_the_fragment_whole(pattern: str, address: str) -> None:
    made = of(relocation_allow=(pattern,), relocation_address=address)
    for path, text in texts(xend_config.emit(made)).items():
        if path.endswith(".sxp"):
            assert len(read(text)) == len(directives(text)) == 5
            assert directives(text)["xend-relocation-address"] in (address, "")
