"""The diagnostic codes of the targets: what they refuse or leave out, and what they warn of."""

ERRORS = {
    "pvh-unsupported": "A PVH host on a server whose toolstack does not know the type.",
    "kernel-missing": "A PV or PVH host without a kernel.",
    "xen-unwritable": "A value that a domain file cannot hold.",
    "xen-extra-syntax": "A line of xen_extra that the server's toolstack cannot read.",
    "xen-extra-unknown-key": "A line of xen_extra with a key that the server's toolstack does not know.",
    "xen-extra-type": "A line of xen_extra whose value is of the wrong type.",
    "xen-extra-conflict": "A line of xen_extra that sets what mlnc sets.",
    "xen-extra-secret": "A line of xen_extra that holds a password in clear text.",
    "storage-name": "A name of a volume that LVM or a script cannot carry.",
    "storage-text": "A path or name that a storage script cannot carry.",
    "snapshot-of-file": "A snapshot of what is no logical volume.",
    "lvm-lock-without-server": "lvm lock, where no server is named that holds the lock of the volume group.",
    "lvm-lock-several": "Several locked volume groups for one project on one server.",
    "guest-unwritable": "A value that the files of a guest cannot hold.",
    "guest-without-volume": "A guest to be configured without a volume to do it through.",
    "files-in-seed": "Files for a guest that cloud-init configures, which brings none.",
    "switch-spans-servers": "A switch on several servers that nothing joins.",
    "switch-not-on-server": "A host on a server that its switch does not stand on.",
    "switch-two-carriers": "A switch with both a VLAN and a VXLAN.",
    "switch-on-uplink": "A VLAN or VXLAN on the server's own bridge.",
    "vxlan-needs-address": "A VXLAN between servers whose IP addresses are not declared.",
    "bridge-two-carriers": "A bridge that leads to two networks.",
    "bridge-name": "A bridge that Linux would not take as a name of a device.",
    "life-name": "A name that a script cannot carry.",
    "projects-folder": "A projects folder that a systemd unit cannot name.",
    "mln-conf-value": "A value that the daemon of MLN 1 would misread.",
    "daemon-allow-syntax": "A daemon_allow that the daemon of MLN 1 cannot read.",
    "relocation-allow-syntax": "A relocation_allow that is neither a name, a pattern nor an anchored expression.",
    "relocation-address-syntax": "A relocation_address that xend cannot read.",
}
"""Code to meaning."""

WARNINGS = {
    "foreign-platform": "A host of another platform, which is left out.",
    "kernel-arguments-unused": "Kernel arguments of a host that boots from its disk.",
    "fat32-not-grown": "A FAT32 file system that stays as large as its template.",
    "shared-group-unlocked": "A volume group that several servers change, and that nothing locks.",
    "user-data-unused": "Lines of user_data that no cloud-init reads.",
    "daemon-allow-wide": "A daemon_allow that admits more than it seems to.",
    "daemon-allow-name": "A daemon_allow that can match no address.",
    "relocation-allow-wide": "A relocation_allow that admits everyone.",
    "toolstack-differs": "Servers that share storage and have different toolstacks.",
    "xen-version-differs": "Servers that share storage and have different versions of Xen.",
    "storage-differs": "Servers that share storage under different names.",
}
"""Code to meaning."""
