"""Clusters that the program rig_hold builds of the rig's hosts, seen from outside.

    cluster.py receive|send ADDRESS    one end of a TCP stream
"""
import socket
import subprocess
import sys
from pathlib import Path

import suite

HOLD = suite.BIN / "rig_hold"
TITLES = {"native": "Native routing", "vxlan": "VXLAN", "ipip": "IP-in-IP", "geneve": "Geneve", "gre": "GRE",
          "wireguard": "WireGuard"}


def ways():
    """name -> (supported, reason, remedy), in the order of their numbers"""
    rows = (line.split("\t") for line in suite.program("rig_hold", "ways").stdout.splitlines())
    return {row[0]: (row[1] == "0", row[2], row[3]) for row in rows}


def address(way, six=False):
    """Of pod-b on a way."""
    number = list(TITLES).index(way)
    return f"fd00:201:{number}::2" if six else f"10.201.{number}.2"


class Cluster:
    """A cluster that rig_hold holds, built of its words."""

    def __init__(self, *words, below=(), program=HOLD):
        self.process = subprocess.Popen([*below, program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self._hosts = {}
        for line in self.process.stdout:
            if line == "ready\n":
                return
            host, descriptor = line.split()
            self._hosts[host] = f"/proc/{self.process.pid}/fd/{descriptor}"
        error = self.process.communicate()[1]
        raise AssertionError(f"{words} exited {self.process.returncode}: {error}")

    def namespace(self, host):
        """A path to it."""
        return self._hosts[host]

    def argv(self, host, *argv):
        return ["nsenter", f"--net={self._hosts[host]}", *argv]

    def run(self, host, *argv):
        return subprocess.run(self.argv(host, *argv), capture_output=True, text=True, check=False, timeout=30)

    def ping(self, address, *options, host="pod-a"):
        done = self.run(host, "ping", "-n", "-c", "1", "-W", "3", *options, address)
        return done.returncode == 0, done.stdout + done.stderr

    def sent(self, host, device):
        """Packets and bytes that a device sent."""
        words = self.run(host, "cat", "/proc/net/dev").stdout.split(f"{device}:")[1].split()
        return int(words[9]), int(words[8])

    def mean_packet(self, address):
        """Bytes of a packet on the underlay, while pod-a sends TCP to pod-b."""
        script = str(Path(__file__).resolve())
        with subprocess.Popen(self.argv("pod-b", sys.executable, script, "receive", address),
                              stdout=subprocess.PIPE, text=True) as receiver:
            assert receiver.stdout.readline() == "listening\n"
            before = self.sent("node-a", "under")
            self.run("pod-a", sys.executable, script, "send", address).check_returncode()
            receiver.wait(30)
        after = self.sent("node-a", "under")
        return (after[1] - before[1]) / (after[0] - before[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()


def receive(address):
    with socket.create_server((address, 5001)) as server:
        print("listening", flush=True)
        connection = server.accept()[0]
        while connection.recv(1 << 20):
            pass


def send(address):
    with socket.create_connection((address, 5001), 10) as connection:
        connection.sendall(bytes(32 << 20))


if __name__ == "__main__":
    {"receive": receive, "send": send}[sys.argv[1]](sys.argv[2])
