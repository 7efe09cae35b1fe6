"""Measurements between two machines, which are two network namespaces: traffic both ways and in a tunnel, and what a
server does with a hostile, a wrong, a dead or a greedy client."""
import base64
import contextlib
import ctypes
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import suite

TOKEN = "correct-horse-battery-staple"
HERE, ALSO_HERE, THERE = "10.99.0.2", "10.99.0.3", "10.99.0.1"
HERE6, ALSO_HERE6, THERE6 = "fd99::2", "fd99::3", "fd99::1"
PORT = 7512
CLONE_NEWNET = 0x40000000
NOBODY = "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"
server_namespace = None
# A request to receive from one connection.
STREAM = {"is": "open", "receiver": True, "way": 0, "port": 0, "kind": 0, "flows": 1, "message_bytes": 1000,
          "response_bytes": 0, "rate": 0.0, "segments": 1, "dont_fragment": False, "mss": 0, "congestion": ""}


def run(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def there(*argv):
    """Runs a command where the server is."""
    return run("nsenter", "-t", str(server_namespace.pid), "-n", *argv)


def setUpModule():
    """This process, and what it starts, moves to a namespace of its own; the server gets another."""
    global server_namespace
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, for network namespaces")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise unittest.SkipTest("network namespaces cannot be made here: " + os.strerror(ctypes.get_errno()))
    server_namespace = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE)
    server_namespace.stdout.readline()
    run("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", str(server_namespace.pid))
    run("ip", "address", "add", HERE + "/24", "dev", "wire")
    run("ip", "address", "add", ALSO_HERE + "/24", "dev", "wire")
    there("ip", "address", "add", THERE + "/24", "dev", "wire")
    run("ip", "address", "add", HERE6 + "/64", "dev", "wire", "nodad")
    there("ip", "address", "add", THERE6 + "/64", "dev", "wire", "nodad")
    for command in run, there:
        command("ip", "link", "set", "wire", "up")
        command("ip", "link", "set", "lo", "up")


def tearDownModule():
    if server_namespace:
        server_namespace.stdout.close()
        server_namespace.kill()
        server_namespace.wait()


def environment(token):
    return {**{k: v for k, v in os.environ.items() if k != "SEATRIAL_TOKEN"}, **({"SEATRIAL_TOKEN": token} if token else {})}


@contextlib.contextmanager
def serving(*options, token=TOKEN, prefix=()):
    """seatrial serve where the server is; yields its process, whose `said` is what it has printed so far."""
    with tempfile.TemporaryFile("w+") as out:
        server = subprocess.Popen(["nsenter", "-t", str(server_namespace.pid), "-n", *prefix,
                                   str(suite.BIN / "seatrial"), "serve", *options], stdout=out, stderr=subprocess.STDOUT, env=environment(token))

        def said():
            return os.pread(out.fileno(), 1 << 20, 0).decode()
        server.said = said
        try:
            wait_for(lambda: f":{PORT}" in there("ss", "-Hltn") or server.poll() is not None, said)
            yield server
        finally:
            if server.poll() is None:
                server.terminate()
            server.wait(20)


def wait_for(condition, tell=lambda: ""):
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass: " + tell())
        time.sleep(0.02)


def start(*words, token=TOKEN, where=THERE, prefix=()):
    return subprocess.Popen([*prefix, str(suite.BIN / "peer_tool"), where, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=environment(token))


def tool(*words, **keywords):
    """The client; returns its lines of JSON, or its sentence when it failed."""
    client = start(*words, **keywords)
    out, err = client.communicate(timeout=120)
    if client.returncode:
        return err.strip()
    return [json.loads(line) for line in out.splitlines()]


def load(*words, whole=lambda line: line["sender"]["bytes"] and line["receiver"]["bytes"], **keywords):
    """The client's lines. A busy machine may hold up an end for a whole window, or for longer than the other waits for
    it: then once more, four times at most."""
    for _ in range(4):
        lines = tool("load", *words, **keywords)
        if isinstance(lines, str):
            raise AssertionError(lines)
        if all(map(whole, lines)):
            break
    return lines


def ports():
    """What listens, or is bound, where the server is."""
    return sorted(line.split()[4] for line in there("ss", "-Hltun").splitlines())


def links():
    return sorted(line.split()[1] for line in there("ip", "-o", "link").splitlines()), \
        sorted(line.split()[1] for line in run("ip", "-o", "link").splitlines())


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def has_vxlan():
    return tool("describe")[0]["ways"] & 2


class Handmade:
    """A client that knows the protocol and can break it."""

    def __init__(self, token=TOKEN, source=HERE):
        self.socket = socket.create_connection((THERE, PORT), 10, (source, 0))
        self.file = self.socket.makefile("rb")
        self.token = token
        self.sent = self.received = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    @staticmethod
    def mac(key, *parts):
        return hmac.new(key, b"".join(parts), hashlib.sha512).digest()[:32]

    def greet(self, proof=None):
        challenge = json.loads(self.file.readline())
        nonce = base64.b64encode(os.urandom(32)).decode()
        key = hashlib.blake2b(self.token.encode(), key=b"seatrial peer 1\0", digest_size=32).digest()
        both = challenge["nonce"].encode().ljust(48, b"\0") + nonce.encode().ljust(48, b"\0")
        proof = proof or base64.b64encode(self.mac(key, b"client", both)).decode()
        self.socket.sendall(json.dumps({"is": "proof", "protocol": 1, "nonce": nonce, "proof": proof}).encode() + b"\n")
        welcome = json.loads(self.file.readline() or b'{"is": "nothing"}')
        if welcome["is"] == "welcome":
            self.server_proved = hmac.compare_digest(base64.b64decode(welcome["proof"]), self.mac(key, b"server", both))
            self.key_out, self.key_in = self.mac(key, b"to-srv", both), self.mac(key, b"to-cli", both)
        return welcome

    def seal(self, text, counter=None):
        counter = self.sent if counter is None else counter
        self.sent += 1
        return base64.b64encode(self.mac(self.key_out, counter.to_bytes(8, "big"), text)) + b" " + text + b"\n"

    def answer(self):
        """The next message, or None when the server hung up."""
        line = self.file.readline()
        if not line:
            return None
        seal, text = line.rstrip(b"\n").split(b" ", 1)
        right = self.mac(self.key_in, self.received.to_bytes(8, "big"), text)
        self.received += 1
        assert base64.b64decode(seal) == right
        return json.loads(text)

    def ask(self, **message):
        self.socket.sendall(self.seal(json.dumps(message).encode()))
        return self.answer()

    def hung_up(self):
        try:
            return self.file.read() == b""
        except ConnectionResetError:
            return True


class Traffic(unittest.TestCase):
    def setUp(self):
        server = serving()
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def test_both_know_each_other(self):
        far = tool("describe")[0]
        self.assertEqual(far["kernel"], os.uname().release)
        self.assertEqual((far["mtu"], far["here"]), (1500, 1500))
        self.assertTrue(far["ways"] & 1)
        self.assertEqual((far["udp"], far["udp_inside"], far["vxlan"]), (28, 28, 50))
        six = tool("describe", where=THERE6)[0]
        self.assertEqual((six["udp"], six["udp_inside"], six["vxlan"]), (48, 28, 70))
        self.assertGreater(tool("echo")[0]["rtt_s"], 0)

    def test_bytes_go_both_ways(self):
        for direction in "to", "from":
            for result in load("native", direction, "tcp_stream", "3", "65536", "0", "0", "0.1", "2"):
                self.assertGreater(result["receiver"]["bytes"], 0)
                self.assertEqual(result["lost"], 0, result)
                self.assertEqual(result["sender"]["errors"] + result["receiver"]["errors"], 0)

    def test_requests_are_answered_and_timed_whoever_asks(self):
        for direction in "to", "from":
            for kind in "tcp_rr", "udp_rr", "tcp_crr":
                result = load("native", direction, kind, "1", "64", "128", "0", "0.1")[0]
                self.assertGreater(result["sender"]["messages"], 0)
                self.assertLessEqual(abs(result["count"] - result["sender"]["messages"]), 1, kind)
                self.assertGreater(result["p50_ns"], 0)

    def test_no_datagram_is_lost_on_a_wire(self):
        for direction in "to", "from":
            for result in load("native", direction, "udp_stream", "2", "200", "0", "500", "0.2", "2",
                               whole=lambda result: result["sent"] > 100 and not result["lost"]):
                self.assertGreater(result["sent"], 100)
                self.assertEqual((result["lost"], result["receiver"]["duplicates"], result["receiver"]["reordered"]),
                                 (0, 0, 0))

    def test_a_tunnel_is_a_way_of_its_own(self):
        if not has_vxlan():
            self.skipTest("this kernel has no VXLAN")
        before = links()
        for direction in "to", "from":
            result = load("vxlan", direction, "tcp_stream", "1", "65536", "0", "0", "0.1")[0]
            self.assertGreater(result["receiver"]["bytes"], 0)
        client = start("hold", "vxlan")
        self.assertEqual(client.stdout.readline(), "held\n")
        self.assertEqual(links(), before)
        self.assertIn(f"0.0.0.0:{PORT + 17}", ports())
        self.assertNotIn(f"{THERE}:{PORT + 1}", ports())
        client.kill()
        client.communicate()
        wait_for(lambda: len(ports()) == 1, lambda: str(ports()))
        self.assertEqual(links(), before)

    def test_ipv6_is_as_good(self):
        for kind in "tcp_stream", "udp_rr":
            result = load("native", "from", kind, "1", "1000", "1000", "0", "0.1", where=f"[{THERE6}]:{PORT}")[0]
            self.assertGreater(result["receiver"]["bytes"], 0)
        if has_vxlan():
            result = load("vxlan", "to", "tcp_stream", "1", "1000", "0", "0", "0.1", where=THERE6)[0]
            self.assertGreater(result["receiver"]["bytes"], 0)
        self.assertIn("over IPv6", tool("load", "ipip", "to", "tcp_stream", "1", "1000", "0", "0", "0.1", where=THERE6))

    def test_a_tunnel_that_is_none_is_refused(self):
        with Handmade() as client:
            client.greet()
            self.assertEqual(client.ask(**{"is": "tunnel", "way": 0, "id": 1, "mtu": 1500, "up": True})["is"], "error")
            self.assertEqual(client.ask(**{"is": "tunnel", "way": 9, "id": 1, "mtu": 1500, "up": True})["is"], "error")

    def test_data_is_taken_from_the_client_only(self):
        client = start("hold", "native")
        client.stdout.readline()
        self.assertIn(f"{THERE}:{PORT + 1}", ports())
        socket.create_connection((THERE, PORT + 1), 5, (HERE, 0)).close()
        with self.assertRaises(TimeoutError):
            socket.create_connection((THERE, PORT + 1), 1, (ALSO_HERE, 0))
        client.kill()
        client.communicate()

    def test_data_over_ipv6_is_taken_from_the_client_only(self):
        client = start("hold", "native", where=THERE6)
        client.stdout.readline()
        # Only now: the latest address would be the client's.
        run("ip", "address", "add", ALSO_HERE6 + "/64", "dev", "wire", "nodad")
        self.addCleanup(run, "ip", "address", "del", ALSO_HERE6 + "/64", "dev", "wire")
        socket.create_connection((THERE6, PORT + 1), 5, (HERE6, 0)).close()
        with self.assertRaises(TimeoutError):
            socket.create_connection((THERE6, PORT + 1), 1, (ALSO_HERE6, 0))
        client.kill()
        client.communicate()


class Nobody(unittest.TestCase):
    """Both ends without root, whom newer kernels do not let filter TCP."""

    def setUp(self):
        if subprocess.run([*NOBODY, str(suite.BIN / "peer_tool")], stderr=subprocess.DEVNULL).returncode != 1:
            self.skipTest("an ordinary user cannot run the programs where they are")
        server = serving(prefix=NOBODY)
        server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def test_traffic_goes_both_ways(self):
        for words in "to tcp_stream", "from tcp_stream", "to tcp_crr", "from tcp_crr", "from tcp_rr", "to udp_stream":
            result = load("native", *words.split(), "2", "64", "64", "0", "0.1", prefix=NOBODY)[0]
            self.assertGreater(result["receiver"]["messages"], 0, words)
            self.assertEqual(result["receiver"]["errors"], 0)

    def test_data_is_taken_from_the_client_only(self):
        with Handmade() as client:
            client.greet()
            opened = client.ask(**STREAM)
            # It may be turned away before it knows that it was connected.
            with contextlib.suppress(ConnectionError):
                try:
                    stranger = socket.create_connection((THERE, opened["port"]), 1, (ALSO_HERE, 0))
                except TimeoutError:
                    self.skipTest("this kernel lets anybody filter")
                with stranger:
                    stranger.settimeout(20)
                    self.assertEqual(stranger.recv(1), b"")
            with socket.create_connection((THERE, opened["port"]), 1, (HERE, 0)) as right:
                right.sendall(bytes(5000))
                client.ask(**{"is": "begin", "load": 0, "warm_ns": 0, "duration_ns": 100000000})
                self.assertEqual(client.ask(**{"is": "wait", "load": 0})["whole"], 5000)

    def test_a_tunnel_needs_root(self):
        self.assertIn("needs root", tool("load", "vxlan", "to", "tcp_stream", "1", "1000", "0", "0", "0.1", prefix=NOBODY))


class Strangers(unittest.TestCase):
    def test_what_is_not_seatrial_is_said_so(self):
        for line in b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"[]\n", b"x" * 70000, b'{"is": "done"}\n':
            with socket.create_server((HERE, PORT)) as listener:
                client = start("describe", where=HERE)
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(line)
                    self.assertIn("what answers there is not seatrial serve", client.communicate(timeout=30)[1])

    def test_a_wrong_token_is_told_once_a_second(self):
        with serving() as server:
            begin = time.monotonic()
            for _ in range(3):
                self.assertIn("the token is wrong", tool("describe", token="a-wrong-token-of-16"))
            self.assertGreaterEqual(time.monotonic() - begin, 2)
            self.assertIn("refused: wrong token", server.said())
            self.assertNotIn(TOKEN, server.said())

    @staticmethod
    def wrong(source):
        """Gives a wrong token, and does not wait to be told."""
        client = Handmade("a-wrong-token-of-16", source)
        if client.file.readline():
            nonce = base64.b64encode(bytes(32)).decode()
            with contextlib.suppress(ConnectionError):
                client.socket.sendall(json.dumps({"is": "proof", "protocol": 1, "nonce": nonce, "proof": nonce}).encode()
                                      + b"\n")
        return client

    def test_a_right_token_waits_for_no_wrong_one(self):
        with serving(), contextlib.ExitStack() as stack:
            wrong = [stack.enter_context(self.wrong(HERE)) for _ in range(6)]
            self.assertEqual(tool("describe")[0]["mtu"], 1500)
            wrong[-1].socket.settimeout(0.1)
            with self.assertRaises(TimeoutError):
                wrong[-1].file.readline()

    def test_many_wrong_tokens_keep_nobody_else_out(self):
        crowd = [f"10.99.0.{100 + i}" for i in range(8)]
        for address in crowd:
            run("ip", "address", "add", address + "/24", "dev", "wire")
            self.addCleanup(run, "ip", "address", "del", address + "/24", "dev", "wire")
        with serving() as server, contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(self.wrong(ALSO_HERE))
            self.assertEqual(tool("describe")[0]["mtu"], 1500)
            # Eight of them wait to be told; the machine is not heard until one was.
            with Handmade(source=ALSO_HERE) as client:
                self.assertTrue(client.hung_up())
            for i in range(64):
                stack.enter_context(self.wrong(crowd[i % 8]))
            self.assertEqual(tool("describe")[0]["mtu"], 1500)
            wait_for(lambda: f"{ALSO_HERE}:" in server.said(), server.said)
            with Handmade(source=ALSO_HERE) as client:
                self.assertEqual(client.greet()["is"], "welcome")

    def test_the_token_does_not_cross_the_wire_and_the_server_proves_it_too(self):
        with serving(), Handmade() as client:
            self.assertEqual(client.greet()["is"], "welcome")
            self.assertTrue(client.server_proved)
            self.assertEqual(client.ask(**{"is": "describe"})["is"], "description")

    def test_a_server_that_does_not_know_the_token_is_left(self):
        with socket.create_server((HERE, PORT)) as listener:
            client = subprocess.Popen([str(suite.BIN / "peer_tool"), HERE, "describe"], stderr=subprocess.PIPE, text=True,
                                      env=environment(TOKEN))
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as file:
                nonce = base64.b64encode(bytes(32)).decode()
                connection.sendall(json.dumps({"is": "challenge", "protocol": 1, "nonce": nonce}).encode() + b"\n")
                self.assertNotIn(TOKEN.encode(), file.readline())
                connection.sendall(json.dumps({"is": "welcome", "proof": nonce}).encode() + b"\n")
                self.assertIn("does not know the token", client.communicate(timeout=30)[1])

    def test_one_who_says_nothing_or_drips_keeps_nobody_out_and_is_dropped(self):
        with serving(), Handmade() as silent, Handmade() as slow:
            self.assertIn(b'"challenge"', slow.file.readline())
            silent.file.readline()
            begin = time.monotonic()
            slow.socket.sendall(b"{")
            self.assertEqual(tool("describe")[0]["mtu"], 1500)
            with contextlib.suppress(ConnectionError):
                while time.monotonic() < begin + 20:
                    slow.socket.sendall(b" ")
                    time.sleep(0.2)
            self.assertLess(time.monotonic(), begin + 20)
            self.assertTrue(silent.hung_up())

    def test_a_crowd_keeps_nobody_out(self):
        with serving(), contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(Handmade())
            self.assertEqual(tool("describe")[0]["mtu"], 1500)

    def test_nonsense_before_the_proof_ends_the_connection(self):
        line = b'{"is": "proof", "protocol": 1, "nonce": "x", "nonce": "x", "proof": "x"}\n'
        with serving():
            for nonsense in b"\n", b"GET / HTTP/1.1\n", b"[" * 60000 + b"\n", b"x" * 70000, line, b'{"is": "describe"}\n':
                with Handmade() as client:
                    client.file.readline()
                    with contextlib.suppress(ConnectionError):
                        client.socket.sendall(nonsense)
                    try:
                        answer = client.file.read()
                    except ConnectionResetError:
                        answer = b""
                    self.assertIn(answer[:13], (b"", b'{"is":"error"'), nonsense[:20])
            self.assertEqual(tool("describe")[0]["mtu"], 1500)


class Middle(unittest.TestCase):
    """Whoever is between the two and changes what they say."""

    def broken(self, make):
        with serving(), Handmade() as client:
            client.greet()
            self.assertEqual(client.ask(**{"is": "echo"})["is"], "done")
            client.socket.sendall(make(client))
            answer = client.answer()
            self.assertEqual(answer["is"], "error")
            self.assertIn("changed on its way", answer["text"])
            self.assertTrue(client.hung_up())

    def test_a_repeated_message(self):
        self.broken(lambda client: client.seal(b'{"is": "echo"}', 0))

    def test_a_message_left_out(self):
        self.broken(lambda client: client.seal(b'{"is": "echo"}', client.sent + 1))

    def test_a_changed_message(self):
        self.broken(lambda client: client.seal(b'{"is": "echo"}').replace(b"echo", b"echa"))

    def test_a_message_without_seal(self):
        self.broken(lambda client: b'{"is": "echo"}\n')

    def test_what_the_server_said_sent_back(self):
        self.broken(lambda client: base64.b64encode(client.mac(client.key_in, (1).to_bytes(8, "big"), b'{"is": "echo"}'))
                    + b' {"is": "echo"}\n')


class Session(unittest.TestCase):
    def test_a_second_client_is_told_that_the_server_is_busy(self):
        with serving():
            first = start("hold", "native")
            first.stdout.readline()
            self.assertIn("busy with another machine", tool("describe"))
            first.kill()
            first.communicate()
            wait_for(lambda: len(ports()) == 1)
            self.assertEqual(tool("describe")[0]["mtu"], 1500)

    def test_messages_that_are_wrong_in_themselves_end_it(self):
        bad = [{"flows": 257}, {"flows": -1}, {"flows": 1.5}, {"flows": "1"}, {"rate": -1.0}, {"kind": 5}, {"port": 65536},
               {"receiver": 1}, {"message_bytes": 1 << 40}, {"congestion": "x" * 16}, {"congestion": "a\nb"}, {"more": 1},
               {"flows": None}, {"is": "opened"}, {"is": "nothing"}, {"rate": [1]}]
        with serving():
            for change in bad:
                with Handmade() as client:
                    client.greet()
                    self.assertEqual(client.ask(**{**STREAM, **change})["is"], "error", change)
                    self.assertTrue(client.hung_up(), change)
                wait_for(lambda: len(ports()) == 1)
            with Handmade() as client:
                client.greet()
                self.assertEqual(client.ask(**{**STREAM, "congestion": "none_such"})["is"], "error")
                self.assertEqual(client.ask(**{"is": "wait", "load": 3})["is"], "error")
                self.assertEqual(client.ask(**{"is": "begin", "load": 3, "warm_ns": 0, "duration_ns": 1})["is"], "error")
                self.assertEqual(client.ask(**STREAM), {"is": "opened", "load": 0, "port": PORT + 1})
                self.assertEqual(client.ask(**{"is": "close", "load": 0})["is"], "done")
                self.assertEqual(len(ports()), 1)

    def test_limits_are_kept(self):
        words = "load", "native", "to", "tcp_stream"
        with serving("--max-slice", "200ms", "--max-flows", "2", "--max-bytes", "1kB"):
            self.assertIn("--max-flows", tool(*words, "3", "1000", "0", "0", "0.05"))
            self.assertIn("--max-slice", tool(*words, "1", "1000", "0", "0", "0.3"))
            self.assertIn("--max-bytes", tool(*words, "1", "1000", "0", "0", "0.05", "2"))
            self.assertEqual(len(tool(*words, "1", "1000", "0", "0", "0.05")), 1)
        with serving("--max-idle", "1s"), Handmade() as client:
            client.greet()
            self.assertIn("idle", client.answer()["text"])
            self.assertTrue(client.hung_up())
        with serving("--max-session", "1s"), Handmade() as client:
            client.greet()
            self.assertIn("time is up", (client.answer() or {"text": "time is up"})["text"])
            self.assertTrue(client.hung_up())

    def test_a_session_ends_in_the_middle_of_a_slice_when_its_time_is_up(self):
        with serving("--max-session", "1s") as server:
            client = start("hold", "native")
            self.assertTrue(client.communicate(timeout=60)[1])
            self.assertEqual(client.returncode, 1)
            self.assertEqual(len(ports()), 1)
            self.assertIn("its time is up", server.said())


class End(unittest.TestCase):
    def check_nothing_left(self, before):
        wait_for(lambda: ports() == [], lambda: str(ports()))
        self.assertEqual(links(), before)

    def hold(self):
        client = start("hold", "vxlan" if has_vxlan() else "native")
        self.assertEqual(client.stdout.readline(), "held\n")
        return client

    def test_nothing_is_left_of_a_server_that_was_killed(self):
        before = links()
        with serving() as server:
            client = self.hold()
            sessions = children(server.pid)
            self.assertEqual(len(sessions), 1)
            server.kill()
            server.wait()
            self.assertIn("peer", client.communicate(timeout=60)[1])
            wait_for(lambda: not any(Path("/proc", pid).exists() for pid in sessions))
            self.check_nothing_left(before)

    def test_nothing_is_left_of_a_session_whose_client_was_killed(self):
        before = links()
        with serving() as server:
            client = self.hold()
            client.kill()
            client.communicate()
            wait_for(lambda: children(server.pid) == [])
            wait_for(lambda: len(ports()) == 1, lambda: str(ports()))
            self.assertRegex(server.said(), rf"{re.escape(HERE)}:\d+: session ended after \S+ \w+, with 0 B of traffic: the client hung up")
        self.check_nothing_left(before)

    def test_signals_end_it_cleanly(self):
        before = links()
        for number in signal.SIGINT, signal.SIGTERM:
            with serving() as server:
                client = self.hold()
                server.send_signal(number)
                self.assertEqual(server.wait(20), 0)
                client.communicate(timeout=60)
                self.check_nothing_left(before)

    def test_it_ends_after_one_session_or_after_a_time(self):
        with serving("--once") as server:
            tool("describe")
            self.assertEqual(server.wait(20), 0)
        with serving("--for", "300ms") as server:
            self.assertEqual(server.wait(20), 0)
        self.assertEqual(ports(), [])

    def test_a_token_that_was_made_opens_the_door(self):
        with serving("--quiet", token=None) as server:
            wait_for(lambda: "--peer" in server.said())
            self.assertNotIn("Listening", server.said())
            token, = re.search(r"^  ([0-9a-f]{32})$", server.said(), re.M).groups()
            for bench in "encap", "mtu":
                self.assertIn(f"  seatrial-{bench} --token-file token --peer {THERE}:{PORT}\n", server.said())
            self.assertEqual(tool("describe", token=token)[0]["mtu"], 1500)
            self.assertNotIn(token.encode(), Path(f"/proc/{server.pid}/cmdline").read_bytes())

    def test_a_token_file_is_its_owners_alone(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(TOKEN + "\n")
            file.flush()
            with serving("--token-file", file.name, token=None):
                self.assertEqual(tool("describe")[0]["mtu"], 1500)
            os.chmod(file.name, 0o644)
            done = suite.program("seatrial", "serve", "--token-file", file.name)
            self.assertEqual(done.returncode, 1)
            self.assertIn("chmod 600", done.stderr)
        for token in "short", "white space is none", "x" * 200:
            done = suite.program("seatrial", "serve", env=environment(token))
            self.assertEqual(done.returncode, 1, token)
        self.assertIn("no token", tool("describe", token=None))

    def test_it_listens_where_it_is_told(self):
        with serving("--listen", THERE):
            self.assertEqual(ports(), [f"{THERE}:{PORT}"])
        for address in "localhost", "10.0.0.300":
            done = suite.program("seatrial", "serve", "--listen", address, env=environment(TOKEN))
            self.assertEqual(done.returncode, 1)
            self.assertIn("is no address", done.stderr)


if __name__ == "__main__":
    suite.main()
