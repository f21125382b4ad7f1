"""Running commands inside the test's own process."""

import pytest

from ionlake.cli import main as cli


@pytest.fixture
def command(monkeypatch, capsys):
    """Run ``ionlake`` with arguments; gives exit status, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["ionlake", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run
