"""The images of the laboratory, from Debian packages and the files of ``lab/image/``."""

import os
from pathlib import Path

from mlnc.lab.image_stages import ImageStage, make
from mlnc.lab.lab_paths import ROOM, Lab
from mlnc.lab.requirements import BUILD, Lacking, expect

TEMPLATE = "lab-guest-V1.0.ext4"
"""The template for guests, which a project calls ``lab-guest.ext4``."""

_SCRIPTS = ROOM / "image"
_SERVER_MODULES = ("virtio_pci", "virtio_blk", "ext4")
_GUEST_MODULES = ("xen-blkfront", "xen-netfront", "ext4")


def build(lab: Lab) -> None:
    """Make what is not made yet. Raises :class:`Lacking`, also where only root can go on."""
    expect(BUILD)
    lab.images.mkdir(parents=True, exist_ok=True)
    system, *others = stages(lab)
    if not system.is_made() and os.geteuid() != 0:
        raise Lacking(
            "debootstrap needs root: run lab.build as root once; nothing else of the laboratory does"
        )
    make([system, *others])
    _hand_over(lab)


def _hand_over(lab: Lab) -> None:
    """Give what root made to the owner of the checkout, who goes on with it."""
    owner = ROOM.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for path in (lab.folder, *lab.folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def is_built(lab: Lab) -> bool:
    """Whether all images are made, of the scripts as they are now."""
    return all(stage.is_made() for stage in stages(lab))


def stages(lab: Lab) -> list[ImageStage]:
    """Every stage, in an order in which they can be made."""

    def stage(name: str, script: str, *arguments: ImageStage | Path | str) -> ImageStage:
        return ImageStage(lab.images / name, _SCRIPTS / script, arguments)

    system = stage("system", "system.sh")
    kernel = stage("kernel", "kernel.sh", system)
    for_server = stage("initrd-server.img", "initrd.sh", kernel, *_SERVER_MODULES)
    for_guest = stage("initrd-guest.img", "initrd.sh", kernel, *_GUEST_MODULES)
    template = stage(TEMPLATE, "template.sh", kernel, _SCRIPTS / "guest")
    server = stage("server.raw", "server.sh", system, kernel, for_guest, template, _SCRIPTS / "server")
    return [system, kernel, for_server, for_guest, template, server]
