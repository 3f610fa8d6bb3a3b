"""What the tests share: servers and clients."""

import pytest

import server as servers
from wire import Client, Wire


def pytest_configure():
    try:
        servers.program()
    except SystemExit as reason:
        pytest.exit(str(reason), returncode=1)


def pytest_report_header():
    return f"server under test: {servers.program()}"


def pytest_collection_modifyitems(items):
    """Tests of what only Weir promises are skipped on another server, and on Weir those of what is not built yet."""
    for item in items:
        if not servers.is_weir() and item.get_closest_marker("weir"):
            item.add_marker(pytest.mark.skip(reason="a promise of Weir, not of the reference"))
        later = item.get_closest_marker("later")
        if servers.is_weir() and later:
            item.add_marker(pytest.mark.skip(reason=f"not built yet: {later.args[0]}"))


class Shared:
    """The server that tests use one after the other, until one of them has stored something."""

    def __init__(self):
        self.current = None

    def get(self):
        """The server to use now."""
        if self.current and not self.current.is_running():
            self.discard()
        if self.current is None:
            self.current = servers.Server().start()
        return self.current

    def discard(self):
        """Ends the server; the next test gets a fresh one."""
        if self.current:
            self.current.close()
        self.current = None


@pytest.fixture(scope="session")
def shared():
    """Keeps the server between tests."""
    holder = Shared()
    yield holder
    holder.discard()


@pytest.fixture
def server(shared):
    """A server without streams. A test that makes some also uses `client`."""
    return shared.get()


@pytest.fixture
def start():
    """Starts a server of the test's own: `start(arguments=[…])`."""
    started = []

    def start_server(**options):
        started.append(servers.Server(**options))
        return started[-1].start()

    yield start_server
    for one in started:
        one.close()


@pytest.fixture
def configured(start, tmp_path):
    """Starts a server with a configuration file: `configured("authorization { token: t }")`.

    The server has the file's path as `configuration`; `reload(server, text)` of `accounts.py` replaces it.
    """
    count = 0

    def begin(text):
        nonlocal count
        count += 1
        path = tmp_path / f"server{count}.conf"
        path.write_text(text)
        one = start(arguments=["-c", str(path)])
        one.configuration = path
        return one

    return begin


@pytest.fixture
def wire(server):
    """Opens connections to the shared server on which the test decides every byte: `wire("CONNECT {}\\n")`."""
    opened = []

    def connect(first=b""):
        opened.append(Wire(server))
        opened[-1].send(first)
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture
def client(server, shared):
    """A client of a server without streams. A server that has some after the test is not used again.

    Deleting them would not do: a stream of the reference may find the files of a deleted one of the same name.
    """
    one = Client(server)
    yield one
    one.close()
    try:
        # A connection of its own: the test may have had the other one closed.
        last = Client(server)
        used = last.ok("STREAM.NAMES")["total"] > 0 or last.ok("INFO")["api"]["total"] > 2
        last.close()
    except (AssertionError, OSError):
        used = True
        print(f"the server does not answer any more; its log:\n{server.log_text()[-4000:]}")
    if used:
        shared.discard()
