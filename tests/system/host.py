"""seatrial-host: facts of made-up systems whose truth is known, and of this one; and that it only reads."""
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from suite import BIN, document, main, program, validate

KVM = "fpu tsc cx8 cmov mmx fxsr sse sse2 syscall lm cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3 hypervisor"
RELEASE = "6.1.0-18-amd64"
ALL = "000001ffffffffff"

MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:22 / /sys rw,nosuid - sysfs sysfs rw
25 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
"""

SYSCTLS = {
    "kernel/osrelease": RELEASE, "kernel/pid_max": 4194304, "kernel/modules_disabled": 0, "vm/swappiness": 60,
    "vm/overcommit_memory": 0, "net/ipv4/ip_forward": 0, "net/ipv4/conf/all/rp_filter": 2,
    "net/core/somaxconn": 4096, "fs/inotify/max_user_watches": 29000, "fs/inotify/max_user_instances": 128,
    "net/netfilter/nf_conntrack_max": 65536, "net/netfilter/nf_conntrack_buckets": 65536,
}


class Tree:
    """Another system's files. As made: a fresh Debian 12 on a KVM plan with 2 processors and 4 GB."""

    def __init__(self, test):
        self.root = Path(tempfile.mkdtemp(prefix="seatrial-host-"))
        test.addCleanup(shutil.rmtree, self.root)
        for name, value in SYSCTLS.items():
            self.sysctl(name, value)
        self.put("/proc/meminfo", "MemTotal:        4018124 kB\nMemFree: 3000000 kB\nMemAvailable:    3500000 kB\n")
        self.put("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
        self.put("/proc/stat", "cpu  1000 0 500 90000 100 0 20 5 0 0\ncpu0 1 2 3 4 5 6 7 8\n")
        for what in "cpu", "memory", "io":
            self.put(f"/proc/pressure/{what}", "some avg10=0.50 avg60=0.25 avg300=0.10 total=1000\n")
        self.cpuinfo(KVM)
        self.put("/proc/self/uid_map", "         0          0 4294967295\n")
        self.capabilities(ALL)
        self.link("/proc/self/ns/pid", "pid:[4026531836]")
        self.put("/proc/self/mountinfo", MOUNTS)
        self.put("/proc/self/cgroup", "0::/user.slice/session-1.scope\n")
        self.put("/proc/1/cgroup", "0::/init.scope\n")
        self.put("/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\n\text4\n")
        self.put("/proc/modules", "nf_conntrack 196608 1 nf_nat, Live 0x0000000000000000\nvirtio_net 81920 0 - Live 0x0\n")
        self.put(f"/lib/modules/{RELEASE}/modules.builtin", "kernel/net/ipv4/ipip.ko\nkernel/fs/ext4/ext4.ko\n")
        self.put(f"/lib/modules/{RELEASE}/modules.dep",
                 "kernel/fs/overlayfs/overlay.ko:\n"
                 "kernel/net/bridge/br_netfilter.ko.xz: kernel/net/bridge/bridge.ko.xz\n"
                 "kernel/drivers/net/vxlan/vxlan.ko.zst: kernel/net/ipv4/udp_tunnel.ko.zst\n"
                 "kernel/net/netfilter/nf_tables.ko: kernel/lib/libcrc32c.ko\n"
                 "kernel/net/netfilter/nf_conntrack.ko: kernel/lib/libcrc32c.ko\n"
                 "kernel/net/netfilter/ipvs/ip_vs.ko: kernel/net/netfilter/nf_conntrack.ko\n"
                 "kernel/net/netfilter/ipvs/ip_vs_rr.ko: kernel/net/netfilter/ipvs/ip_vs.ko\n"
                 "kernel/net/netfilter/ipset/ip-set.ko.gz:\n"
                 "kernel/drivers/net/wireguard_extra.ko: kernel/drivers/net/wireguard.ko\n")
        cpu = "/sys/devices/system/cpu"
        self.put(f"{cpu}/online", "0-1\n")
        for number in range(2):
            self.put(f"{cpu}/cpu{number}/topology/physical_package_id", "0\n")
            self.put(f"{cpu}/cpu{number}/topology/core_id", f"{number}\n")
        self.put(f"{cpu}/vulnerabilities/meltdown", "Not affected\n")
        self.put(f"{cpu}/vulnerabilities/mds", "Vulnerable: no microcode\n")
        self.put("/sys/devices/system/node/online", "0\n")
        self.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "kvm-clock\n")
        self.put("/sys/devices/system/clocksource/clocksource0/available_clocksource", "kvm-clock tsc acpi_pm \n")
        self.put("/sys/class/dmi/id/sys_vendor", "QEMU\n")
        self.put("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n")
        self.put("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n")
        self.put("/sys/fs/cgroup/user.slice/session-1.scope/cpu.stat", "usage_usec 5\nnr_periods 0\nnr_throttled 0\n")
        self.disk("vda1", "virtio0/block/vda/vda1", "254:1", partition="1")
        self.disk("vda", "virtio0/block/vda", "254:0", **{
            "queue/rotational": "1", "queue/scheduler": "[none] mq-deadline", "queue/write_cache": "write back",
            "queue/fua": "0"})
        self.put("/proc/net/route", "Iface\tDestination\tGateway\n"
                 "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                 "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n")
        self.interface("eth0", 1500, "virtio_net")
        self.put("/etc/resolv.conf", "nameserver 192.0.2.1\n")

    def path(self, name):
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def put(self, name, content):
        path = self.path(name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def link(self, name, target):
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def drop(self, name):
        path = self.path(name)
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)

    def sysctl(self, name, value):
        self.put(f"/proc/sys/{name}", f"{value}\n")

    def cpuinfo(self, flags, vendor="GenuineIntel"):
        self.put("/proc/cpuinfo", f"processor\t: 0\nvendor_id\t: {vendor}\nmodel name\t: A Processor\n"
                                  f"flags\t\t: {flags}\n\n")

    def capabilities(self, bounding, uid=0):
        self.put("/proc/self/status", f"Name:\tcat\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapEff:\t{bounding}\n"
                                      f"CapBnd:\t{bounding}\n")

    def disk(self, name, folder, number, **attributes):
        base = f"/sys/devices/{folder}"
        self.put(f"{base}/dev", f"{number}\n")
        for attribute, value in attributes.items():
            self.put(f"{base}/{attribute}", f"{value}\n")
        self.link(f"/sys/class/block/{name}", f"../../devices/{folder}")
        self.link(f"/sys/dev/block/{number}", f"../../devices/{folder}")

    def interface(self, name, mtu, driver, queues=2):
        self.put(f"/sys/class/net/{name}/mtu", f"{mtu}\n")
        self.put(f"/sys/class/net/{name}/operstate", "up\n")
        for number in range(queues):
            self.put(f"/sys/class/net/{name}/queues/rx-{number}/rps_cpus", "0\n")
        if driver:
            self.link(f"/sys/class/net/{name}/device/driver", f"../../../bus/virtio/drivers/{driver}")

    def document(self, *argv):
        return document("seatrial-host", "--root", self.root, *argv)

    def facts(self, *argv):
        return by_id(self.document(*argv))


def by_id(result):
    facts = {}
    for fact in result["facts"]:
        assert fact["id"] not in facts, f"{fact['id']} is there twice"
        facts[fact["id"]] = fact
    return facts


class Case(unittest.TestCase):
    def setUp(self):
        self.tree = Tree(self)

    def expect(self, facts, **expected):
        """expect(facts, cpu_count=("pass", 2)); a double underscore stands for a hyphen-free dot."""
        for name, (status, value) in expected.items():
            identity = name.replace("__", ".")
            fact = facts[identity]
            self.assertEqual((identity, fact["status"], fact["value"]), (identity, status, value), fact)

    def module(self, facts, name, status, value):
        fact = facts[f"kernel.module.{name}"]
        self.assertEqual((name, fact["status"], fact["value"]), (name, status, value), fact)


class BareServer(Case):
    def test_nothing_fails_that_an_installation_sets_up(self):
        facts = self.tree.facts("--dir", "/var/lib")
        self.assertEqual([fact["id"] for fact in facts.values() if fact["status"] == "fail"], [])
        self.expect(facts, virt__hypervisor=("pass", "KVM"), virt__container=("pass", "none"),
                    virt__kernel_control=("pass", "full"), sysctl__writable=("pass", True),
                    cpu__model=("info", "A Processor"), cpu__count=("pass", 2),
                    cpu__topology=("info", "1 socket, 2 cores, 1 thread per core, 1 NUMA node"),
                    cpu__x86_64_level=("info", "x86-64-v2"), cpu__frequency_governor=("info", "not exposed"),
                    cpu__vulnerabilities=("info", "mds"), memory__total=("pass", 4018124 * 1024),
                    memory__available=("pass", 3500000 * 1024), swap__active=("pass", "none"),
                    pressure__io=("pass", 0.0025), cgroup__version=("pass", "v2"), cgroup__cpu_limit=("pass", "none"),
                    cgroup__memory_limit=("pass", "none"), cgroup__throttling=("pass", 0),
                    clock__source=("pass", "kvm-clock"), clock__synchronized=("unknown", None),
                    kernel__version=("pass", RELEASE), kernel__modules=("pass", "permitted"),
                    disk__type=("info", "vda1: virtio on vda"), disk__scheduler=("pass", "none"),
                    disk__write_cache=("pass", "write back"), disk__rotational=("info", True),
                    disk__free=("unknown", None), fs__type=("pass", "ext4"),
                    fs__mount_options=("pass", "rw,relatime,errors=remount-ro"), net__mtu=("pass", 1500),
                    net__driver=("pass", "virtio_net"), net__queues=("pass", 2), net__offloads=("unknown", None),
                    net__interface__eth0__mtu=("info", "eth0: MTU 1500, virtio_net, up"),
                    resolver__nameservers=("pass", "1"), resolver__ndots=("pass", 1),
                    resolver__timeout=("pass", 5), resolver__single_request_reopen=("info", False))

    def test_modules(self):
        facts = self.tree.facts()
        self.module(facts, "nf_conntrack", "pass", "loaded")
        self.module(facts, "ipip", "pass", "built in")
        for name in "overlay", "br_netfilter", "vxlan", "nf_tables", "ip_vs", "ip_vs_rr", "ip_set":
            self.module(facts, name, "info", "loadable")
            self.assertIn(f"modprobe {name}", facts[f"kernel.module.{name}"]["remedy"])
        for name in "ip_vs_wrr", "ip_vs_sh", "wireguard":
            self.module(facts, name, "warn", "absent")
        self.module(facts, "iptable_nat", "info", "absent")  # nf_tables does its work

    def test_settings_come_with_the_command(self):
        facts = self.tree.facts()
        forward = facts["sysctl.net.ipv4.ip_forward"]
        self.assertEqual((forward["status"], forward["value"]), ("info", 0))
        self.assertIn("sysctl -w net.ipv4.ip_forward=1", forward["remedy"])
        bridge = facts["sysctl.net.bridge.bridge-nf-call-iptables"]
        self.assertEqual((bridge["status"], bridge["value"]), ("info", "not loaded"))
        self.assertIn("modprobe br_netfilter", bridge["remedy"])
        self.assertIn("sysctl -w net.bridge.bridge-nf-call-iptables=1", bridge["remedy"])
        self.assertEqual(facts["sysctl.fs.inotify.max_user_instances"]["status"], "warn")
        self.assertEqual(facts["sysctl.vm.overcommit_memory"]["status"], "info")

    def test_settings_already_made(self):
        for name, value in {"net/ipv4/ip_forward": 1, "net/bridge/bridge-nf-call-iptables": 1,
                            "net/ipv4/conf/all/rp_filter": 0, "fs/inotify/max_user_watches": 524288,
                            "fs/inotify/max_user_instances": 8192, "vm/overcommit_memory": 1}.items():
            self.tree.sysctl(name, value)
            fact = self.tree.facts()["sysctl." + name.replace("/", ".")]
            self.assertEqual((fact["id"], fact["status"], fact["value"]), (fact["id"], "pass", value))
            self.assertNotIn("remedy", fact)

    def test_every_document_says_what_to_do(self):
        for fact in self.tree.document()["facts"]:
            if fact["status"] in ("warn", "fail"):
                self.assertTrue(fact["remedy"] and fact["why"], fact)


class Virtualisation(Case):
    def hypervisor(self):
        fact = self.tree.facts()["virt.hypervisor"]
        return fact["status"], fact["value"]

    def test_firmware_of_clouds(self):
        for vendor, name in {"VMware, Inc.": "VMware", "Amazon EC2": "KVM", "OpenStack Foundation": "KVM",
                             "Xen": "Xen", "Who Knows": "unknown hypervisor"}.items():
            self.tree.put("/sys/class/dmi/id/sys_vendor", f"{vendor}\n")
            self.assertEqual(self.hypervisor(), ("pass", name))

    def test_bare_metal_of_a_cloud_is_none(self):
        self.tree.cpuinfo(KVM.replace(" hypervisor", ""))
        self.tree.put("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
        self.assertEqual(self.hypervisor(), ("pass", "none"))

    def test_xen(self):
        self.tree.put("/sys/hypervisor/type", "xen\n")
        for guest, status in {"PV": "warn", "HVM": "pass", "PVH": "pass"}.items():
            self.tree.put("/sys/hypervisor/guest_type", f"{guest}\n")
            self.assertEqual(self.hypervisor(), (status, f"Xen {guest}"))

    def test_user_mode_linux(self):
        self.tree.cpuinfo("", vendor="User Mode Linux")
        self.assertEqual(self.hypervisor(), ("warn", "User Mode Linux"))

    def test_arm_without_a_sign_is_unknown(self):
        self.tree.put("/proc/cpuinfo", "processor\t: 0\nCPU part\t: 0xd0c\n")
        self.tree.drop("/sys/class/dmi")
        self.assertEqual(self.hypervisor(), ("unknown", None))
        self.tree.put("/proc/device-tree/hypervisor/compatible", b"linux,kvm\0")
        self.assertEqual(self.hypervisor(), ("pass", "KVM"))


class Containers(Case):
    def control(self):
        facts = self.tree.facts()
        return tuple(facts[name]["status"] + ":" + str(facts[name]["value"])
                     for name in ("virt.container", "virt.kernel_control", "sysctl.writable"))

    def test_unprivileged_lxc(self):
        self.tree.link("/proc/self/ns/pid", "pid:[4026532456]")
        self.tree.put("/proc/self/uid_map", "0 100000 65536\n")
        self.tree.put("/proc/self/mountinfo", MOUNTS + "40 23 0:60 / /proc/meminfo rw - fuse.lxcfs lxcfs rw\n")
        self.assertEqual(self.control(), ("fail:lxc", "fail:none", "fail:False"))
        facts = self.tree.facts()
        for name in "virt.container", "virt.kernel_control", "sysctl.writable", "sysctl.net.ipv4.ip_forward":
            self.assertIn("KVM", facts[name]["remedy"])
        self.assertEqual(facts["sysctl.net.ipv4.ip_forward"]["status"], "fail")
        self.assertEqual(facts["sysctl.vm.overcommit_memory"]["status"], "fail")
        # there is a file, but nobody here may load it
        self.module(facts, "overlay", "fail", "loadable")
        self.module(facts, "vxlan", "warn", "loadable")
        self.assertEqual(facts["kernel.modules"]["value"], "not permitted")

    def test_docker(self):
        self.tree.link("/proc/self/ns/pid", "pid:[4026532456]")
        self.tree.put("/.dockerenv", "")
        self.tree.put("/proc/self/mountinfo", MOUNTS + "41 23 0:21 /sys /proc/sys ro,nosuid - proc proc rw\n")
        self.tree.capabilities("00000000a80425fb")
        self.assertEqual(self.control(), ("fail:docker", "fail:none", "fail:False"))

    def test_privileged_container(self):
        self.tree.link("/proc/self/ns/pid", "pid:[4026532456]")
        self.tree.put("/run/.containerenv", "")
        self.assertEqual(self.control(), ("warn:podman", "warn:partial", "pass:True"))

    def test_openvz_and_its_host(self):
        self.tree.path("/proc/vz").mkdir()
        self.assertEqual(self.control(), ("fail:openvz", "fail:none", "fail:False"))
        self.tree.path("/proc/bc").mkdir()
        self.assertEqual(self.control(), ("pass:none", "pass:full", "pass:True"))

    def test_named_by_its_init(self):
        self.tree.put("/proc/1/environ", b"PATH=/bin\0container=systemd-nspawn\0X=1\0")
        self.assertEqual(self.control()[0], "warn:systemd-nspawn")
        self.tree.put("/run/systemd/container", "lxc-libvirt\n")
        self.assertEqual(self.control()[0], "warn:lxc-libvirt")

    def test_a_pod(self):
        self.tree.put("/proc/1/cgroup", "0::/kubepods/besteffort/pod1\n")
        self.assertEqual(self.control()[0], "warn:kubernetes")

    def test_of_an_unknown_kind(self):
        self.tree.link("/proc/self/ns/pid", "pid:[4026532456]")
        self.assertEqual(self.control()[0], "warn:unknown kind")

    def test_a_machine_made_from_a_container_image_is_none(self):
        self.tree.put("/.dockerenv", "")
        self.assertEqual(self.control(), ("pass:none", "pass:full", "pass:True"))
        self.tree.put("/proc/self/mountinfo", MOUNTS.replace("ext4 /dev/vda1", "overlay overlay"))
        self.assertEqual(self.control()[0], "warn:docker")

    def test_without_the_right_to_load_modules(self):
        self.tree.capabilities(f"{int(ALL, 16) & ~(1 << 16):016x}")
        self.assertEqual(self.control(), ("pass:none", "warn:partial", "pass:True"))
        self.assertEqual(self.tree.facts()["kernel.modules"]["value"], "not permitted")

    def test_unknown_when_nothing_tells(self):
        self.tree.drop("/proc/self/status")
        self.assertEqual(self.control(), ("unknown:None", "unknown:None", "unknown:None"))


class Modules(Case):
    CONFIG = "CONFIG_OVERLAY_FS=y\nCONFIG_IP_VS=m\n# CONFIG_IP_VS_SH is not set\nCONFIG_NF_TABLES_INET=y\n"

    def no_files(self):
        self.tree.drop("/lib/modules")

    def test_kernel_without_modules(self):
        self.no_files()
        self.tree.drop("/proc/modules")
        self.tree.put("/proc/config.gz", gzip.compress(self.CONFIG.encode()))
        facts = self.tree.facts()
        self.assertEqual((facts["kernel.modules"]["status"], facts["kernel.modules"]["value"]),
                         ("warn", "not supported"))
        self.module(facts, "overlay", "pass", "built in")
        self.module(facts, "nf_conntrack", "pass", "built in")  # its setting is there
        self.module(facts, "ip_vs_sh", "warn", "absent")
        self.module(facts, "nf_tables", "warn", "absent")       # NF_TABLES_INET is another option

    def test_configuration_in_boot(self):
        self.no_files()
        self.tree.put(f"/boot/config-{RELEASE}", self.CONFIG)
        facts = self.tree.facts()
        self.module(facts, "overlay", "pass", "built in")
        self.module(facts, "ip_vs", "warn", "absent")
        self.assertIn(f"linux-modules-extra-{RELEASE}", facts["kernel.module.ip_vs"]["remedy"])
        self.module(facts, "vxlan", "warn", "absent")
        self.assertNotIn("modules-extra", facts["kernel.module.vxlan"]["remedy"])

    def test_no_overlay_is_a_failure(self):
        self.no_files()
        self.tree.put(f"/boot/config-{RELEASE}", "# CONFIG_OVERLAY_FS is not set\n")
        self.module(self.tree.facts(), "overlay", "fail", "absent")

    def test_active_without_being_listed(self):
        self.tree.put("/proc/filesystems", "nodev\tsysfs\nnodev\toverlay\n")
        self.tree.put("/proc/net/ip_vs", "IP Virtual Server\n")
        self.tree.path("/sys/module/vxlan").mkdir(parents=True)
        self.tree.put("/sys/module/wireguard/initstate", "live\n")
        facts = self.tree.facts()
        for name in "overlay", "ip_vs", "vxlan":
            self.module(facts, name, "pass", "built in")
        self.module(facts, "wireguard", "pass", "loaded")

    def test_nothing_known_is_unknown(self):
        self.no_files()
        self.module(self.tree.facts(), "vxlan", "unknown", None)

    def test_in_a_container_missing_files_prove_nothing(self):
        self.no_files()
        self.tree.put(f"/boot/config-{RELEASE}", self.CONFIG)
        self.tree.put("/run/systemd/container", "lxc\n")
        self.module(self.tree.facts(), "ip_vs", "unknown", None)

    def test_forbidden_by_modprobe(self):
        self.tree.put("/etc/modprobe.d/hardening.conf",
                      "# install vxlan /bin/true\nblacklist br_netfilter\n  install\toverlay   /bin/false\n"
                      "install ip-vs /usr/bin/true\ninstall nf_tables /sbin/modprobe --ignore-install nf_tables\n")
        self.tree.put("/etc/modprobe.d/README", "install vxlan /bin/false\n")
        facts = self.tree.facts()
        self.module(facts, "overlay", "fail", "loadable")
        self.module(facts, "ip_vs", "warn", "loadable")
        self.assertIn("/etc/modprobe.d/hardening.conf", facts["kernel.module.overlay"]["remedy"])
        for name in "vxlan", "br_netfilter", "nf_tables":
            self.module(facts, name, "info", "loadable")

    def test_loading_switched_off(self):
        self.tree.sysctl("kernel/modules_disabled", 1)
        facts = self.tree.facts()
        self.assertEqual(facts["kernel.modules"]["value"], "disabled")
        self.module(facts, "nf_conntrack", "pass", "loaded")
        self.module(facts, "overlay", "fail", "loadable")

    def test_of_another_release_do_not_count(self):
        self.tree.sysctl("kernel/osrelease", "6.1.0-99-amd64")
        self.module(self.tree.facts(), "overlay", "unknown", None)


class Kernel(Case):
    def test_versions(self):
        for release, status in {"3.10.0-1160.el7.x86_64": "fail", "4.9.0-amd64": "fail", "4.18.0-80-generic": "fail",
                                "4.18.0-553.el8_10.x86_64": "warn", "4.19.0-26-amd64": "warn", "5.3.0": "warn",
                                "5.4.0-200-generic": "info", "5.8.0": "warn", "5.10.0-30-amd64": "info",
                                "5.13.0": "info", "5.14.0-427.el9.x86_64": "info", "5.15.0-100-generic": "pass",
                                "6.1.0": "pass", "6.18.44": "pass", "10.0": "pass", "strange": "unknown"}.items():
            self.tree.sysctl("kernel/osrelease", release)
            fact = self.tree.facts()["kernel.version"]
            self.assertEqual((release, fact["status"]), (release, status))
            self.assertEqual("remedy" in fact, status in ("fail", "warn", "info", "unknown"))

    def test_conntrack_and_where_its_value_comes_from(self):
        gib = 1024 * 1024
        for release, memory_kib, cpus, maximum, buckets, status, origin in (
                ("6.1.0", 8 * gib, 2, 262144, 262144, "pass", "kernel's default"),
                ("6.1.0", 2 * gib, 2, 65536, 65536, "info", "kernel's default"),
                ("6.1.0", gib // 2, 1, 4096, 4096, "info", "kernel's default"),
                ("5.10.0", 8 * gib, 2, 262144, 65536, "pass", "kernel's default"),
                ("5.10.0", 2 * gib, 2, 65536, 16384, "info", "kernel's default"),
                ("6.1.0", 2 * gib, 8, 262144, 65536, "pass", "kube-proxy sets for 8 processors"),
                ("6.1.0", 2 * gib, 64, 1048576, 262144, "pass", "kube-proxy sets for 64 processors"),
                ("6.1.0", 2 * gib, 2, 131072, 32768, "pass", "kube-proxy sets for 2 processors"),
                ("6.1.0", 8 * gib, 8, 80000, 10000, "info", "table size"),
                ("6.1.0", 8 * gib, 2, 1000000, 262144, "pass", "Somebody set it")):
            self.tree.sysctl("kernel/osrelease", release)
            self.tree.sysctl("net/netfilter/nf_conntrack_max", maximum)
            self.tree.sysctl("net/netfilter/nf_conntrack_buckets", buckets)
            self.tree.put("/proc/meminfo", f"MemTotal: {memory_kib} kB\nMemAvailable: {memory_kib} kB\n")
            self.tree.put("/sys/devices/system/cpu/online", f"0-{cpus - 1}\n" if cpus > 1 else "0\n")
            fact = self.tree.facts()["sysctl.net.netfilter.nf_conntrack_max"]
            self.assertEqual((fact["value"], fact["status"]), (maximum, status), fact)
            self.assertIn(origin, fact["why"])

    def test_conntrack_not_loaded(self):
        self.tree.drop("/proc/sys/net/netfilter")
        fact = self.tree.facts()["sysctl.net.netfilter.nf_conntrack_max"]
        self.assertEqual((fact["status"], fact["value"]), ("info", "not loaded"))
        self.assertIn("allow 65536", fact["why"])
        self.assertIn("want 131072", fact["why"])

    def test_conntrack_that_cannot_be_raised(self):
        self.tree.put("/proc/self/uid_map", "0 100000 65536\n")
        fact = self.tree.facts()["sysctl.net.netfilter.nf_conntrack_max"]
        self.assertEqual(fact["status"], "warn")
        self.assertIn("provider", fact["remedy"])


class Machine(Case):
    def test_small_machines(self):
        self.tree.put("/sys/devices/system/cpu/online", "0\n")
        for kib, status in {400 * 1024: "fail", 1024 * 1024: "warn", 1700 * 1024: "pass"}.items():
            self.tree.put("/proc/meminfo", f"MemTotal: {kib} kB\nMemAvailable: 100 kB\n")
            facts = self.tree.facts()
            self.expect(facts, memory__total=(status, kib * 1024), memory__available=("warn", 102400),
                        cpu__count=("warn", 1))

    def test_instruction_sets(self):
        v2 = KVM
        v3 = v2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
        for flags, status, value in ((v2.replace("ssse3", ""), "warn", "x86-64-v1"), (v2, "info", "x86-64-v2"),
                                     (v3, "pass", "x86-64-v3"),
                                     (v3 + " avx512f avx512bw avx512cd avx512dq avx512vl", "pass", "x86-64-v4")):
            self.tree.cpuinfo(flags)
            self.expect(self.tree.facts(), cpu__x86_64_level=(status, value))

    def test_swap(self):
        self.tree.put("/proc/swaps", "Filename Type Size Used Priority\n/dev/vda2 partition 1048576 0 -2\n"
                                     "/swap\\040file file 524288 0 -3\n")
        fact = self.tree.facts()["swap.active"]
        self.assertEqual(fact["status"], "warn")
        self.assertIn("/dev/vda2 (1.00 GiB)", fact["value"])
        self.assertIn("swapoff", fact["remedy"])

    def test_steal_and_pressure(self):
        self.tree.put("/proc/stat", "cpu  500 0 300 90000 100 0 0 200 0 0\n")
        self.tree.put("/proc/pressure/io", "some avg10=0.00 avg60=25.00 avg300=0.00 total=0\n")
        self.tree.drop("/proc/pressure/memory")
        self.expect(self.tree.facts(), cpu__steal=("warn", 0.2), pressure__io=("warn", 0.25),
                    pressure__memory=("unknown", None))

    def test_governors(self):
        for governor, driver, status in (("performance", "acpi-cpufreq", "pass"), ("schedutil", "x", "pass"),
                                         ("powersave", "intel_pstate", "info"), ("powersave", "acpi-cpufreq", "warn"),
                                         ("ondemand", "acpi-cpufreq", "info")):
            self.tree.put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor)
            self.tree.put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", driver)
            self.expect(self.tree.facts(), cpu__frequency_governor=(status, governor))

    def test_clocks(self):
        base = "/sys/devices/system/clocksource/clocksource0"
        for source, available, status, hint in (("tsc", "tsc", "pass", None), ("hpet", "hpet acpi_pm", "warn", "provider"),
                                                ("acpi_pm", "tsc acpi_pm", "warn", "echo tsc"),
                                                ("xen", "xen tsc hpet", "warn", "echo tsc")):
            self.tree.put(f"{base}/current_clocksource", f"{source}\n")
            self.tree.put(f"{base}/available_clocksource", f"{available}\n")
            facts = self.tree.facts()
            self.expect(facts, clock__source=(status, source))
            if hint:
                self.assertIn(hint, facts["clock.source"]["remedy"])
        self.tree.put("/run/systemd/timesync/synchronized", "")
        self.expect(self.tree.facts(), clock__synchronized=("pass", True))

    def test_topology_with_threads(self):
        self.tree.put("/sys/devices/system/cpu/online", "0-3\n")
        self.tree.put("/sys/devices/system/node/online", "0-1\n")
        for number in range(4):
            self.tree.put(f"/sys/devices/system/cpu/cpu{number}/topology/physical_package_id", f"{number % 2}\n")
            self.tree.put(f"/sys/devices/system/cpu/cpu{number}/topology/core_id", "0\n")
        self.expect(self.tree.facts(),
                    cpu__topology=("info", "2 sockets, 2 cores, 2 threads per core, 2 NUMA nodes"))


class ControlGroups(Case):
    def test_limits_anywhere_above_count(self):
        base = "/sys/fs/cgroup/user.slice"
        self.tree.put(f"{base}/cpu.max", "150000 100000\n")
        self.tree.put(f"{base}/memory.max", "1073741824\n")
        self.tree.put(f"{base}/session-1.scope/cpu.max", "300000 100000\n")
        self.tree.put(f"{base}/session-1.scope/memory.max", "max\n")
        self.tree.put(f"{base}/cpu.stat", "usage_usec 5\nnr_periods 200\nnr_throttled 50\n")
        facts = self.tree.facts()
        self.expect(facts, cgroup__cpu_limit=("warn", 1.5), cgroup__memory_limit=("warn", 1 << 30),
                    cgroup__throttling=("warn", 0.25))

    def test_version_1_of_a_container_that_sees_the_machines_path(self):
        self.tree.put("/proc/self/mountinfo", MOUNTS.replace("cgroup2 cgroup2 rw,nsdelegate", "tmpfs tmpfs rw") +
                      "50 25 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
                      "51 25 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n")
        self.tree.put("/proc/self/cgroup", "4:memory:/docker/abc/sub\n3:cpu,cpuacct:/docker/abc/sub\n")
        self.tree.put("/proc/cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n" + "".join(
            f"{name}\t1\t1\t1\n" for name in ("cpu", "cpuacct", "cpuset", "devices", "freezer", "pids")) +
            "memory\t0\t1\t0\n")
        self.tree.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n")
        self.tree.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n")
        self.tree.put("/sys/fs/cgroup/cpu,cpuacct/sub/cpu.cfs_quota_us", "-1\n")
        self.tree.put("/sys/fs/cgroup/cpu,cpuacct/sub/cpu.cfs_period_us", "100000\n")
        self.tree.put("/sys/fs/cgroup/cpu,cpuacct/sub/cpu.stat", "nr_periods 1000\nnr_throttled 5\n")
        self.tree.put("/sys/fs/cgroup/memory/sub/memory.limit_in_bytes", "9223372036854771712\n")
        self.tree.put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n")
        facts = self.tree.facts()
        self.expect(facts, cgroup__version=("warn", "v1"), cgroup__cpu_limit=("warn", 0.5),
                    cgroup__memory_limit=("warn", 536870912), cgroup__throttling=("info", 0.005))
        self.assertEqual(facts["cgroup.controllers"]["status"], "fail")
        self.assertIn("memory", facts["cgroup.controllers"]["why"])

    def test_hybrid_counts_as_version_1(self):
        self.tree.put("/proc/self/mountinfo", MOUNTS.replace("cgroup2 cgroup2 rw,nsdelegate", "tmpfs tmpfs rw") +
                      "50 25 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                      "51 25 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
        self.expect(self.tree.facts(), cgroup__version=("warn", "v1 (hybrid)"))
        self.tree.put("/proc/self/uid_map", "0 100000 65536\n")
        self.expect(self.tree.facts(), cgroup__version=("fail", "v1 (hybrid)"))

    def test_no_periods_is_no_throttling(self):
        self.tree.put("/proc/self/cgroup", "0::/../outside\n")
        self.tree.put("/sys/fs/cgroup/cpu.stat", "usage_usec 5\n")
        self.expect(self.tree.facts(), cgroup__throttling=("pass", 0), cgroup__cpu_limit=("pass", "none"))


class Disks(Case):
    def mounted(self, line):
        self.tree.put("/proc/self/mountinfo", MOUNTS + line)
        return self.tree.facts("--dir", "/data/x")

    def test_mount_options_that_change_fsync(self):
        for options, status, word in (("rw,nobarrier", "warn", "nobarrier"), ("rw,barrier=0", "warn", "barrier=0"),
                                      ("ro", "fail", "remount"), ("rw,data=writeback", "warn", "data=writeback"),
                                      ("rw,data=journal", "info", None), ("rw,noexec", "warn", "noexec")):
            facts = self.mounted(f"60 22 254:0 / /data rw - ext4 /dev/vda {options}\n")
            self.assertEqual((options, facts["fs.mount_options"]["status"]), (options, status))
            if word:
                self.assertIn(word, facts["fs.mount_options"]["remedy"])

    def test_file_systems(self):
        for fs_type, source, status in (("tmpfs", "tmpfs", "fail"), ("overlay", "overlay", "warn"),
                                        ("nfs4", "server:/x", "warn"), ("xfs", "/dev/vda", "pass"),
                                        ("zfs", "pool/data", "info"), ("fuse.sshfs", "a:", "warn")):
            number = "254:0" if source.startswith("/dev") else "0:99"
            facts = self.mounted(f"60 22 {number} / /data rw - {fs_type} {source} rw\n")
            self.expect(facts, fs__type=(status, fs_type))
            self.assertEqual("disk.type" in facts, source.startswith("/dev"))

    def test_without_a_disk_it_is_skipped_with_its_reason(self):
        self.tree.put("/proc/self/mountinfo", MOUNTS + "60 22 0:99 / /data rw - tmpfs tmpfs rw\n")
        skipped = {skip["what"]: skip for skip in self.tree.document("--dir", "/data")["skipped"]}
        self.assertIn("tmpfs", skipped["the disk itself"]["why"])

    def test_disk_kinds(self):
        self.tree.disk("rbd0", "rbd/0/block/rbd0", "251:0", **{"queue/scheduler": "mq-deadline [bfq]",
                                                               "queue/write_cache": "write through"})
        facts = self.mounted("60 22 251:0 / /data rw - ext4 /dev/rbd0 rw\n")
        self.expect(facts, disk__type=("warn", "rbd0: rbd"), disk__scheduler=("warn", "bfq"),
                    disk__write_cache=("info", "write through"), disk__rotational=("unknown", None))
        self.assertIn("/sys/block/rbd0/queue/scheduler", facts["disk.scheduler"]["remedy"])

    def test_a_spinning_disk_of_ones_own(self):
        self.tree.cpuinfo(KVM.replace(" hypervisor", ""))
        self.tree.disk("sda", "pci0/ata1/block/sda", "8:0", **{"queue/rotational": "1",
                                                               "queue/write_cache": "write back"})
        self.expect(self.mounted("60 22 8:0 / /data rw - ext4 /dev/sda rw\n"), disk__type=("pass", "sda: sata"),
                    disk__rotational=("warn", True))

    def test_escapes(self):
        self.tree.put("/proc/self/mountinfo", MOUNTS + "60 22 254:0 / /my\\040data rw - xfs /dev/vda rw\n")
        self.assertEqual(self.tree.document("--dir", "/my data")["target"]["mount point"], "/my data")


class Network(Case):
    def test_small_mtu(self):
        for mtu, status in {9000: "pass", 1450: "info", 1200: "warn"}.items():
            self.tree.interface("eth0", mtu, "virtio_net")
            self.expect(self.tree.facts(), net__mtu=(status, mtu))

    def test_emulated_card_with_one_queue(self):
        self.tree.drop("/sys/class/net/eth0")
        self.tree.interface("eth0", 1500, "e1000", queues=1)
        self.expect(self.tree.facts(), net__driver=("warn", "e1000"), net__queues=("info", 1))
        self.tree.cpuinfo(KVM.replace(" hypervisor", ""))
        self.expect(self.tree.facts(), net__driver=("pass", "e1000"))

    def test_the_route_with_the_lowest_metric(self):
        self.tree.interface("wg0", 1420, None)
        self.tree.interface("eth0.100", 1496, "virtio_net")
        self.tree.put("/proc/net/route", "Iface\tDestination\n"
                      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                      "wg0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0\n"
                      "eth0.100\t00000000\t0101A8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"
                      "eth0.100\t00000000\t0101A8C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n")
        facts = self.tree.facts()
        self.expect(facts, net__mtu=("info", 1420), net__driver=("info", "none"))
        self.assertEqual(facts["net.interface.eth0_100.mtu"]["value"], "eth0.100: MTU 1496, virtio_net, up")
        self.assertNotIn("net.interface.wg0.mtu", facts)

    def test_ipv6_only(self):
        self.tree.put("/proc/net/route", "Iface\tDestination\n")
        zero = "0" * 32
        self.tree.put("/proc/net/ipv6_route",
                      f"{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n"
                      f"{zero} 00 {zero} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00000003     eth0\n")
        self.expect(self.tree.facts(), net__mtu=("pass", 1500))

    def test_no_default_route(self):
        self.tree.drop("/proc/net/route")
        self.expect(self.tree.facts(), net__mtu=("unknown", None))

    def resolver(self, text):
        self.tree.put("/etc/resolv.conf", text)
        facts = self.tree.facts()
        return tuple(facts[f"resolver.{name}"]["value"]
                     for name in ("nameservers", "ndots", "single_request_reopen", "timeout"))

    def test_resolver(self):
        self.assertEqual(self.resolver("# nameserver 192.0.2.9\n; options ndots:9\nnameserver\t192.0.2.1\r\n"
                                       "nameserver 2001:db8::1\nsearch a.example b.example\n"
                                       "options  ndots:5 timeout:2\toptions single-request-reopen\n"),
                         ("2", 5, True, 2))
        self.assertEqual(self.resolver("nameserver 127.0.0.53\noptions edns0 trust-ad"),
                         ("1 (127.0.0.53 on this machine)", 1, False, 5))
        self.assertEqual(self.resolver("nameserver 192.0.2.1\noptions ndots:99 timeout:999 ndots:x\noptions\n"),
                         ("1", 15, False, 30))
        self.assertEqual(self.resolver(""), ("0", 1, False, 5))

    def test_too_many_name_servers_and_none(self):
        self.tree.put("/etc/resolv.conf", "nameserver 192.0.2.1\n" * 4)
        self.expect(self.tree.facts(), resolver__nameservers=("warn", "4"))
        self.tree.drop("/etc/resolv.conf")
        self.expect(self.tree.facts(), resolver__nameservers=("unknown", None), resolver__ndots=("unknown", None))

    def test_addresses_stay_out_of_the_document(self):
        self.tree.put("/etc/resolv.conf", "nameserver 192.0.2.77\nsearch secret.example\n")
        text = json.dumps(self.tree.document())
        for secret in "192.0.2.77", "secret.example", "0101A8C0", "192.168.1.1":
            self.assertNotIn(secret, text)


class Hostile(Case):
    def test_nothing_but_a_proc_leaves_all_unknown(self):
        empty = Path(tempfile.mkdtemp(prefix="seatrial-host-"))
        self.addCleanup(shutil.rmtree, empty)
        (empty / "proc").mkdir()
        result = document("seatrial-host", "--root", empty)
        self.assertEqual({fact["status"] for fact in result["facts"]}, {"unknown"})
        self.assertEqual({fact["value"] for fact in result["facts"]}, {None})

    def test_root_without_proc_is_refused(self):
        for root in "/no/such/directory", str(BIN):
            done = program("seatrial-host", "--root", root)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(root, done.stderr)

    def test_garbage_in_every_file(self):
        files = [path for path in self.tree.root.rglob("*") if path.is_file() and not path.is_symlink()]
        for garbage in (b"", b"\x00" * 64, b"\xff\xfe\x1b[31m\r\n\x07" * 40, b"9" * 4096, b"-1\n", b"\n\n\n:::,,,",
                        b"0-99999999999999999999,", b"%s%n%d " * 100, b"\\0\\04\\777 " * 60 + b"\n"):
            for path in files:
                path.write_bytes(garbage)
            document("seatrial-host", "--root", self.tree.root)

    def test_terminal_controls_do_not_pass(self):
        self.tree.put("/proc/cpuinfo", b"model name\t: Evil\x1b[2J\xe2\x80\xae CPU\xff\n")
        self.tree.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", b"ts\x9bc\x07\n")
        result = self.tree.document()
        self.assertEqual(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", json.dumps(result, ensure_ascii=False)), [])
        self.assertIn("Evil", by_id(result)["cpu.model"]["value"])

    def test_a_pipe_does_not_make_it_wait(self):
        for name in "/proc/cpuinfo", "/etc/resolv.conf", "/proc/self/mountinfo":
            self.tree.drop(name)
            os.mkfifo(self.tree.path(name))
        self.assertEqual(self.tree.facts()["resolver.nameservers"]["status"], "unknown")

    def test_links_do_not_lead_out(self):
        self.tree.link("/etc/resolv.conf", "/run/resolv.conf")
        self.tree.put("/run/resolv.conf", "nameserver 127.0.0.99\n")
        value = self.tree.facts()["resolver.nameservers"]["value"]
        if value != "1 (127.0.0.99 on this machine)":
            self.skipTest("openat2 (Linux 5.6) is missing")


def readings():
    """What must be the same before and after: modules, and every setting that can be read and holds still."""
    state = {}
    for name in "/proc/modules", "/proc/mounts", "/proc/filesystems", "/proc/swaps":
        if os.path.exists(name):
            state[name] = Path(name).read_text()
    state["/sys/module"] = sorted(os.listdir("/sys/module"))
    state["/sys/class/net"] = sorted(os.listdir("/sys/class/net"))
    for folder in "/proc/sys/net", "/proc/sys/vm", "/proc/sys/kernel":
        for path in Path(folder).rglob("*"):
            if path.is_file() and not re.search("random|count|ns_last_pid|stat|pty/nr|perf_event|drop_caches", str(path)):
                try:
                    state[str(path)] = path.read_bytes()
                except OSError:
                    pass
    return state


class ThisHost(unittest.TestCase):
    def test_every_requirement_has_its_fact(self):
        facts = by_id(document("seatrial-host", "--dir", "/var"))
        for name in """cpu.model cpu.count cpu.topology cpu.frequency_governor cpu.vulnerabilities memory.total
                memory.available swap.active cgroup.version cgroup.cpu_limit cgroup.memory_limit cgroup.throttling
                virt.hypervisor virt.container virt.kernel_control clock.source clock.synchronized kernel.version
                kernel.module.ip_vs kernel.module.ip_vs_rr kernel.module.ip_vs_wrr kernel.module.ip_vs_sh
                kernel.module.nf_conntrack kernel.module.br_netfilter kernel.module.overlay kernel.module.vxlan
                kernel.module.ipip kernel.module.wireguard kernel.module.nf_tables kernel.module.iptable_nat
                kernel.module.ip_set sysctl.net.netfilter.nf_conntrack_max sysctl.net.ipv4.ip_forward
                sysctl.net.bridge.bridge-nf-call-iptables sysctl.net.ipv4.conf.all.rp_filter
                sysctl.net.core.somaxconn sysctl.fs.inotify.max_user_watches sysctl.fs.inotify.max_user_instances
                sysctl.vm.swappiness sysctl.vm.overcommit_memory sysctl.kernel.pid_max sysctl.writable disk.free
                fs.type fs.mount_options net.mtu resolver.ndots resolver.single_request_reopen resolver.timeout
                resolver.nameservers pressure.io""".split():
            self.assertIn(name, facts)

    def test_agrees_with_the_system(self):
        facts = by_id(document("seatrial-host", "--dir", "/var"))
        self.assertEqual(facts["cpu.count"]["value"], len(os.sched_getaffinity(0)))
        self.assertEqual(facts["kernel.version"]["value"], os.uname().release)
        space = os.statvfs("/var")
        self.assertAlmostEqual(facts["disk.free"]["value"], space.f_bavail * space.f_frsize, delta=1 << 31)
        kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1])
        self.assertAlmostEqual(facts["memory.total"]["value"], kib * 1024, delta=64 << 20)
        for name in "net/core/somaxconn", "vm/overcommit_memory", "kernel/pid_max":
            self.assertEqual(facts["sysctl." + name.replace("/", ".")]["value"],
                             int(Path("/proc/sys", name).read_text()))

    def test_a_directory_that_is_not_there(self):
        result = document("seatrial-host", "--dir", "/no/such/directory")
        self.assertTrue(any("/no/such/directory" in skip["why"] for skip in result["skipped"]))

    def test_changes_nothing(self):
        before = readings()
        document("seatrial-host")
        after = readings()
        self.assertEqual({name for name in before if before[name] != after.get(name)}, set())

    def test_opens_nothing_for_writing(self):
        strace = shutil.which("strace")
        if not strace:
            self.skipTest("strace is not installed")
        with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
            done = subprocess.run([strace, "-f", "-s", "200", "-o", log.name, str(BIN / "seatrial-host")],
                                  capture_output=True, text=True, timeout=120,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})  # it traces, too
            calls = log.read().splitlines()
        if not any("execve(" in call for call in calls):
            self.skipTest(f"strace cannot trace here: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 0, done.stderr)
        validate(json.loads(done.stdout))
        writing = [call for call in calls if re.search(r"\bopen(at2?)?\(", call) and "/dev/null" not in call and
                   re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", call)]
        self.assertEqual(writing, [])
        changing = re.compile(r"^\d+ +(unlink|rename|mkdir|rmdir|link|symlink|mknod|chmod|chown|fchmod|fchown|mount|"
                              r"umount2|truncate|ftruncate|setxattr|init_module|finit_module|delete_module|fork|vfork|"
                              r"execveat|settimeofday|clock_settime|sethostname|setsockopt|bind|connect|kill)(at)?\(")
        self.assertEqual([call for call in calls if changing.search(call)], [])
        sockets = [call for call in calls if " socket(" in call]
        self.assertTrue(all("AF_INET, SOCK_DGRAM" in call for call in sockets), sockets)
        requests = {match[1] for call in calls if (match := re.search(r"ioctl\(\d+, (\w+)", call))}
        self.assertLessEqual(requests, {"SIOCETHTOOL", "TCGETS"})

    def test_without_rights(self):
        if os.geteuid() != 0:
            self.skipTest("already without rights")
        with tempfile.TemporaryDirectory() as folder:
            # The build may lie where others cannot look.
            copy = Path(folder, "seatrial-host")
            shutil.copy(BIN / "seatrial-host", copy)
            os.chmod(folder, 0o755)
            done = subprocess.run([copy], capture_output=True, text=True, user=65534, group=65534, extra_groups=[],
                                  cwd="/", timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        mine, theirs = by_id(validate(json.loads(done.stdout))), by_id(document("seatrial-host", cwd="/"))
        # Who asks does not change what the host is.
        for name in "virt.hypervisor", "virt.container", "virt.kernel_control", "sysctl.writable", "cgroup.version", \
                "kernel.version", "kernel.module.overlay", "kernel.module.ip_vs", "disk.type", "net.mtu":
            self.assertEqual(mine[name]["value"], theirs[name]["value"], name)

    def test_in_a_user_namespace_there_is_no_control(self):
        unshare = shutil.which("unshare")
        argv = [unshare, "--user", "--map-root-user"] if unshare else None
        keywords = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if not argv or subprocess.run([*argv, "true"], capture_output=True, timeout=60, **keywords).returncode:
            self.skipTest("user namespaces cannot be made here")
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "seatrial-host")
            shutil.copy(BIN / "seatrial-host", copy)
            os.chmod(folder, 0o755)
            done = subprocess.run([*argv, str(copy)], capture_output=True, text=True, cwd="/", timeout=120, **keywords)
        facts = by_id(validate(json.loads(done.stdout)))
        self.assertEqual((facts["virt.kernel_control"]["status"], facts["virt.kernel_control"]["value"]),
                         ("fail", "none"))
        self.assertEqual((facts["sysctl.writable"]["status"], facts["sysctl.writable"]["value"]), ("fail", False))


if __name__ == "__main__":
    main()
