"""What the tests of accounts and users share: logging in, another configuration, and signatures."""

import base64
import binascii
import hashlib
import json
import signal
import time

from wire import LIMIT, Client, Wire


def connect_line(user=None, password=None, **options):
    """A CONNECT with everything that client libraries say; `verbose=True` and others replace that."""
    said = {"verbose": False, "pedantic": False, "protocol": 1, "headers": True, "no_responders": True}
    if user is not None:
        said["user"] = user
    if password is not None:
        said["pass"] = password
    said.update(options)
    return f"CONNECT {json.dumps(said)}\r\n".encode()


def login(server, user=None, password=None, **options):
    """A connection that has said who it is."""
    wire = Wire(server)
    wire.send(connect_line(user, user if password is None else password, **options))
    return wire


def client(server, user=None, password=None):
    """A client that sees messages, of that user."""
    return Client(server, connect=connect_line(user, user if password is None else password))


def expect_login(wire, account=None):
    """The server says that the client is in, and in which account."""
    wire.send("PING\n")
    wire.expect("PONG\n")
    info = json.loads(wire.read_line()[5:])
    assert info["connect_info"] is True
    if account is not None:
        assert info["remote_account"] == account
    return info


def reload(server, text):
    """Replaces the configuration file and returns once the server has taken it over."""
    before = server.log_text().count("Reloaded server configuration")
    server.configuration.write_text(text)
    server.process.send_signal(signal.SIGHUP)
    limit = time.monotonic() + LIMIT
    while server.log_text().count("Reloaded server configuration") == before:
        assert "Failed to reload" not in server.log_text(), server.log_text()
        assert time.monotonic() < limit, server.log_text()
        time.sleep(0.01)


# Ed25519 as RFC 8032 §5.1 has it, slow and short: a key pair made from a seed, and signatures.
P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493


def _base():
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = P - x if x % 2 else x
    return x, y, 1, x * y % P


def _add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _multiply(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _bytes(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


class KeyPair:
    """An nkey of a user, made from a text."""

    def __init__(self, text):
        digest = hashlib.sha512(hashlib.sha256(text.encode()).digest()).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = _bytes(_multiply(self.scalar, _base()))

    @property
    def name(self):
        """The public key as text: U and 55 more characters."""
        data = bytes([20 << 3]) + self.public
        data += binascii.crc_hqx(data, 0).to_bytes(2, "little")
        return base64.b32encode(data).decode().rstrip("=")

    def sign(self, text, encode=base64.urlsafe_b64encode):
        """The signature of a text in base 64: in the URL's alphabet without padding, else with it."""
        message = text.encode()
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        start = _bytes(_multiply(r, _base()))
        k = int.from_bytes(hashlib.sha512(start + self.public + message).digest(), "little") % ORDER
        signature = start + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")
        text = encode(signature).decode()
        return text.rstrip("=") if encode is base64.urlsafe_b64encode else text
