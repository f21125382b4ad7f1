import re
from html.parser import HTMLParser

from tests.catalog.figures.lakes import CONDUCTOR, INSULATOR
from tests.lake.real_lake import make_lake


class Loaded(HTMLParser):
    """What a browser would fetch to show a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = {"src", "href"} if tag != "a" else {"src"}
        self.found += [value for name, value in attrs if name in names]


def test_a_report_is_one_file_that_fetches_nothing(tmp_path, command):
    root = make_lake(tmp_path / "lake").root
    path = tmp_path / "best.html"
    status, output, _ = command("report", "--top", "2", "--lake", root, "-o", path)
    assert status == 0
    assert output == f"2 materials in {path}\n"
    page = path.read_text(encoding="utf-8")
    parser = Loaded()
    parser.feed(page)
    assert len(parser.found) == 4  # a region and a profile for each
    assert all(each.startswith("data:image/") for each in parser.found)
    assert not re.search(r"@import|url\(|<script", page)
    for name in (CONDUCTOR, INSULATOR):
        assert page.count(name) >= 2
    assert "release 1" in page
    assert "structure_id" in page


def test_a_pool_that_is_not_there_is_refused(tmp_path, command):
    root = make_lake(tmp_path / "lake").root
    status, _, said = command("report", "--pool", "best", "--lake", root)
    assert status == 2
    assert "expected all or no_transition_metal" in said
