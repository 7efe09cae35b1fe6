"""A node that rules_hold tells of Services, seen from outside: what its kernel has, and where packets go.

    rules.py serve PORT                    answers who sent it and to whom, by UDP and TCP
    rules.py ask ADDRESS PORT PROTOCOL N   as many new connections; what was answered, as JSON
"""
import contextlib
import json
import re
import select
import socket
import subprocess
import sys

import suite

HOLD = suite.BIN / "rules_hold"
MODES = ("iptables-legacy", "iptables-nft", "ipvs", "nftables")
TARGET_PORT = 8080
IP_PKTINFO = 8  # socket has it since Python 3.14 only


def modes():
    """name -> (reason, remedy, iptables): those that can be had have no reason."""
    rows = (line.split("\t") for line in suite.program("rules_hold", "modes").stdout.splitlines())
    return {row[0]: tuple(row[1:]) for row in rows}


def printed(mode, *lines, endpoints=2, protocols="tcp,udp"):
    """The script of an update."""
    return suite.program("rules_hold", "print", mode, endpoints, protocols, stdin=None,
                         input="".join(f"{line}\n" for line in lines)).stdout


def iptables_rules(text):
    """Chain -> rules, of what a restorer is told or a saver says; a chain's name has its table before it."""
    chains, table = {}, None
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            chains.setdefault(f"{table} {line[1:].split()[0]}", [])
        elif line.startswith("-A ") and table:
            _, chain, rule = line.split(" ", 2)
            chains.setdefault(f"{table} {chain}", []).append(rule)
    return chains


def nft_objects(text):
    """Chain, set or map -> its lines; the elements of a container in order, and no chains without rules."""
    objects, lines = {}, None
    for line in map(str.strip, text.splitlines()):
        if re.match(r"(chain|set|map) ", line):
            lines = objects.setdefault(line.removesuffix(" {"), [])
        elif line == "}":
            lines = None
        elif lines is not None and line:
            lines.append(line)
    for name, lines in objects.items():
        if not name.startswith("chain"):
            words = " ".join(lines).partition("elements = {")
            objects[name] = [words[0], *sorted(word.strip(" }") for word in words[2].split(","))]
    return {name: lines for name, lines in objects.items() if lines}


class Node:
    def __init__(self, mode, endpoints=2, protocols="tcp,udp", scheduler="rr"):
        self.mode, self._hosts = mode, {}
        self.process = subprocess.Popen([HOLD, mode, str(endpoints), protocols, scheduler], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                return
            host, descriptor = line.split()
            self._hosts[host] = f"/proc/{self.process.pid}/fd/{descriptor}"
        raise AssertionError(self.process.communicate()[1])

    def tell(self, *lines):
        """Returns how many seconds it took to apply the last."""
        for line in lines:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            assert answer.startswith("done "), (line, answer)
        return float(answer.split()[1])

    def argv(self, host, *argv):
        return ["nsenter", f"--net={self._hosts[host]}", *argv]

    def run(self, host, *argv):
        done = subprocess.run(self.argv(host, *argv), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    def iptables(self, variant):
        return iptables_rules(self.run("node", f"iptables-{variant}-save"))

    def ipvs(self):
        """Virtual servers and their endpoints, addresses, and the sets that hold something."""
        servers = self.run("node", "ipvsadm", "-S", "-n").splitlines()
        addresses = re.findall(r"inet (\S+)", self.run("node", "ip", "address", "show"))
        sets = [line for line in self.run("node", "ipset", "save").splitlines() if line.startswith("add ")]
        return {"servers": sorted(servers), "addresses": sorted(addresses), "sets": sorted(sets)}

    def rules(self):
        """All that the mode's kernel has, such that equal is equal."""
        if self.mode == "nftables":
            return nft_objects(self.run("node", "nft", "-s", "list", "ruleset"))
        if self.mode == "ipvs":
            return {**self.ipvs(), **self.iptables(modes()["ipvs"][2])}
        return self.iptables(self.mode.removeprefix("iptables-"))

    @contextlib.contextmanager
    def serve(self, port=TARGET_PORT):
        """With a server in the backend."""
        with subprocess.Popen(self.argv("backend", sys.executable, __file__, "serve", str(port)),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout.readline() == "ready\n"
            try:
                yield
            finally:
                server.communicate()

    def ask(self, host, address, protocol, count=1, port=80):
        """Pairs of who was reached and whom it saw; None for no answer."""
        return json.loads(self.run(host, sys.executable, __file__, "ask", address, str(port), protocol, str(count)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()


def _serve(port):
    datagrams, listener = socket.socket(type=socket.SOCK_DGRAM), socket.create_server(("", port), backlog=512)
    datagrams.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    datagrams.bind(("", port))
    print("ready", flush=True)
    while True:
        ready = select.select([datagrams, listener, sys.stdin], [], [])[0]
        if sys.stdin in ready:
            return
        if datagrams in ready:
            _, ancillary, _, peer = datagrams.recvmsg(100, 100)
            # struct in_pktinfo: interface, where it came in, where it was sent to.
            here = ancillary[0][2][8:12]
            datagrams.sendmsg([json.dumps([socket.inet_ntoa(here), peer[0]]).encode()],
                              [(socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + here + bytes(4))], 0, peer)
        if listener in ready:
            connection, peer = listener.accept()
            with connection:
                connection.sendall(json.dumps([connection.getsockname()[0], peer[0]]).encode())


def _ask(address, port, protocol, count):
    answers = []
    for _ in range(count):
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        with socket.socket(type=kind) as client:
            client.settimeout(0.5 if count == 1 else 5)
            try:
                client.connect((address, port))
                if protocol == "udp":
                    client.send(b"?")
                answers.append(json.loads(client.recv(100)))
            except OSError:
                answers.append(None)
    print(json.dumps(answers))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(int(sys.argv[2]))
    else:
        _ask(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
