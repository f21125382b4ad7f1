"""``ionlake sql``, from a pipe and with someone at the keyboard."""

import io

import pytest

from ionlake.catalog.access import open_lake
from ionlake.catalog.publish import publish
from ionlake.cli.exit_codes import ExitCode
from ionlake.cli.shell import loop, reading
from ionlake.cli.shell.commands import words_to_complete
from ionlake.cli.shell.loop import interactive, is_complete
from ionlake.lake.writer import open_writer
from tests.lake.fake_lake import put_material, put_scan
from tests.lake.sql.test_locked import NEVER_ENDS


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("shell") / "lake"
    with open_writer(root, create=True) as writer:
        for number in (1, 2):
            put_material(writer, f"mp-{number}", f"s-{number}")
            put_scan(writer, f"s-{number}", xi=number / 10)
        publish(writer.layout, writer.ledger)
    return root


@pytest.fixture
def type_in(root, monkeypatch, capsys):
    """Type lines in; gives what was shown, and the errors."""

    def typed(*lines, timeout_s=None, most_rows=100):
        left = iter(lines)

        def read(_prompt):
            line = next(left, None)
            if line is None:
                raise EOFError
            if isinstance(line, type):
                raise line
            return line

        monkeypatch.setattr(loop, "line_reader", lambda _: read)
        with open_lake(root) as lake:
            interactive(lake, timeout_s, most_rows)
        return capsys.readouterr()

    return typed


def test_statements_of_a_pipe_are_answered_one_by_one(command, root, monkeypatch):
    text = (
        "SELECT formula\nFROM candidates;\nSELECT 1 AS a; SELECT 2 AS b;\n.tables\nSELECT ';' AS c"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    status, output, _ = command("sql", "--lake", root)
    assert status == 0
    lines = output.splitlines()
    assert lines[:3] == ["formula", "Li2O", "Li2O"]
    assert "a" in lines
    assert "b" in lines
    assert any(line.startswith("candidates ") for line in lines)
    assert lines[-2:] == ["c", ";"]


def test_a_wrong_statement_of_a_pipe_ends_it(command, root, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 1 AS a;\nFROM nothing;\nSELECT 3 AS c;\n"))
    status, output, errors = command("sql", "--lake", root)
    assert status == ExitCode.USAGE
    assert output.splitlines()[0] == "a"
    assert "c" not in output.splitlines()
    assert "Table with name nothing does not exist" in errors


def test_a_talk_goes_on_after_errors(type_in):
    shown = type_in(
        "SELECT formula",
        "FROM candidates;",
        "FROM nothing;",
        "DELETE FROM runs;",
        "",
        ".nothing",
        "SELECT 'half",
        KeyboardInterrupt,
        "SELECT 7 AS seven;",
        ".quit",
        "FROM x;",
    )
    assert "release 1" in shown.out
    assert "(2 rows, " in shown.out
    assert "seven" in shown.out
    for error in ("nothing does not exist", "only statements that read", "no command .nothing"):
        assert error in shown.err
    assert "Table with name x" not in shown.err


def test_long_answers_are_cut_and_counted(type_in):
    assert "(500 rows, 3 shown, " in type_in("FROM range(500);", most_rows=3).out


def test_a_statement_that_takes_too_long_is_stopped(type_in):
    assert "took longer than 0.1 s" in type_in(NEVER_ENDS + ";", timeout_s=0.1).err


def test_commands_explain_the_lake(type_in):
    shown = type_in(".help", ".schema candidates", ".schema pes", ".schema", ".schema x")
    assert "by_elements(all_of, none_of, within)" in shown.out.replace(" := []", "")
    assert "Energy above the convex hull" in shown.out
    assert "Every point of the PES grids of a material" in shown.out
    assert "takes the name of one table" in shown.err
    assert "no table, view or macro 'x'" in shown.err


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True),
        (".help", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT ';", False),
        ("SELECT ';\n';", True),
        ("SELECT 1 -- not yet;", False),
        ("/* ;", False),
        ("SELEC 1;", True),
        ("SELECT (1;", True),
    ],
)
def test_a_semicolon_ends_a_statement_unless_it_is_quoted(text, complete):
    assert is_complete(text) is complete


def test_names_are_completed(root):
    with open_lake(root) as lake:
        words = words_to_complete(lake)
    assert {"candidates", "Xi", "pes", "sites_below", ".schema"} <= set(words)
    assert "_maps" not in words


def test_the_history_is_for_its_owner_alone(monkeypatch, tmp_path, root):
    pytest.importorskip("prompt_toolkit")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = reading.history_file()
    assert path.stat().st_mode & 0o777 == 0o600
    with open_lake(root) as lake:
        assert callable(reading.line_reader(lake))


def test_without_the_extra_lines_are_read_plainly(monkeypatch, root):
    monkeypatch.setitem(__import__("sys").modules, "prompt_toolkit", None)
    with open_lake(root) as lake:
        assert reading.line_reader(lake) is input


def test_query_takes_a_time_limit(command, root):
    status, _, errors = command("query", NEVER_ENDS, "--timeout", "0.2", "--lake", root)
    assert status == ExitCode.USAGE
    assert "took longer than 0.2 s" in errors
