"""The conversations of `data/transcripts`, byte by byte, with a server process.

`Tests/WireTests` plays the same ones against a server in its own process, also with every byte by itself.
"""

import pytest

import server as servers
import transcripts


def cases():
    """Every case, with its marker where Weir does not do it yet."""
    for path in sorted(transcripts.FOLDER.glob("*.txt")):
        for transcript in transcripts.read(path):
            marks = [pytest.mark.later(transcript.later)] if transcript.later else []
            yield pytest.param(transcript, id=str(transcript), marks=marks)


@pytest.fixture(scope="module")
def find(tmp_path_factory):
    """Finds the server with a configuration; one for all cases that have the same."""
    running = {}

    def find_server(configuration):
        if configuration not in running:
            file = tmp_path_factory.mktemp("transcript") / "server.conf"
            file.write_text(configuration)
            running[configuration] = servers.Server(arguments=["-c", str(file)] if configuration else [])
            running[configuration].start()
        return running[configuration]

    yield find_server
    for one in running.values():
        one.close()


@pytest.mark.parametrize("transcript", list(cases()))
def test_a_conversation_goes_as_written(find, transcript):
    """Core, the item that the case names."""
    player = transcripts.Player(transcript, find(transcript.configuration))
    try:
        player.play()
    finally:
        player.close()
