"""The explorer in a real browser: what people do with it, and what it must never do."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.figures.lakes import CONDUCTOR, INSULATOR

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
SOFTWARE_GL = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
]


@pytest.fixture(scope="module")
def address(lake):
    command = "from ionlake.cli.main import main; main()"
    options = ["explore", "--lake", str(lake.path), "--port", "0", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-c", command, *options], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())[0]
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, address):
    """A page that fails its test after an error on the console or a request to elsewhere."""
    opened = browser.new_page(base_url=address, viewport={"width": 1440, "height": 950})
    opened.set_default_timeout(PATIENCE_MS)
    errors, outside = [], []
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    inside = (address, "data:", "blob:", address.replace("http", "ws"))
    for event in ("request", "websocket"):
        opened.on(event, lambda it: None if it.url.startswith(inside) else outside.append(it.url))
    yield opened
    opened.close()
    assert errors == []
    assert outside == []


def saved(page, label):
    with page.expect_download() as download:
        page.get_by_text(label, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_filter_sort_and_share_the_table(page):
    page.goto("")
    rows = page.locator(".tabulator-row")
    rows.first.wait_for()
    assert rows.count() == 2
    page.get_by_label("Search").fill("lii")
    page.get_by_label("Search").press("Enter")
    page.get_by_text("1 of 2 materials").wait_for()
    assert page.url.endswith("?text=lii")
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_text("2 of 2 materials").wait_for()
    page.locator(".tabulator-col-title", has_text="MPE").click()
    page.wait_for_url("**sort=mpe**")
    first = rows.first.inner_text()
    page.reload()
    rows.first.wait_for()
    assert rows.first.inner_text() == first
    assert b"LiI-225" in saved(page, "Table, CSV")


def test_back_and_forward_show_what_their_addresses_say(page):
    page.goto("?text=lii")
    page.get_by_text("1 of 2 materials").wait_for()
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_text("2 of 2 materials").wait_for()
    page.go_back()
    page.get_by_text("1 of 2 materials").wait_for()
    page.go_forward()
    page.get_by_text("2 of 2 materials").wait_for()


def test_the_page_of_sql_lets_go_back(page):
    page.goto("?text=lii")
    page.goto("sql")
    page.get_by_text("Answer, CSV").wait_for()
    page.go_back()
    page.get_by_text("1 of 2 materials").wait_for()


def test_a_table_is_ordered_and_opened_by_keyboard(page):
    page.goto("")
    rows = page.locator(".tabulator-row")
    rows.first.wait_for()
    first = rows.first.inner_text()
    page.get_by_label("Order by").select_option("Rank, highest first")
    page.wait_for_url("**descending=1")
    page.locator(".tabulator-row:last-child", has_text=first.split()[1]).wait_for()
    page.locator(".tabulator-tableholder").focus()
    for number in range(2):
        page.keyboard.press("Tab")
        link = page.locator(".tabulator-row a").nth(number)
        assert link.evaluate("it => it.matches(':focus-visible')")


@pytest.mark.parametrize("name", ["", "sql", f"material?material={CONDUCTOR}"])
def test_a_narrow_window_holds_the_page(page, name):
    page.set_viewport_size({"width": 480, "height": 900})
    page.goto(name)
    page.locator(".tabulator, .js-plotly-plot").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 480


def test_look_at_a_material(page):
    page.goto("")
    page.get_by_role("link", name=CONDUCTOR).focus()
    page.keyboard.press("Enter")
    page.locator(".js-plotly-plot").nth(2).wait_for()
    heading = page.get_by_role("heading", level=1).inner_text()
    assert heading.replace("\n", " ").split() == ["LiI", CONDUCTOR]
    handle = page.locator(".noUi-handle").first
    handle.focus()
    handle.press("ArrowRight")
    page.wait_for_url("**level=0.55**")
    page.get_by_role("button", name="2D").click()
    page.wait_for_url("**dimension=2**")
    page.get_by_alt_text(f"Arrhenius plot of {CONDUCTOR}").wait_for()
    assert saved(page, "PES, cube").count(b"\n") > 8
    assert saved(page, "Grid, netCDF").startswith(b"CDF")
    assert b"data_" in saved(page, "Crystal, CIF")


def test_ask_by_sql(page):
    page.goto("sql?sql=SELECT+formula+FROM+materials+WHERE+material_id+%3D+'LiF-225'")
    page.locator(".tabulator-row", has_text="LiF").wait_for()
    box = page.get_by_label("One statement that reads")
    box.fill("DROP TABLE materials")
    box.blur()
    page.get_by_role("button", name="Run").click()
    page.get_by_role("alert").wait_for()
    assert "only statements that read" in page.get_by_role("alert").inner_text()
    box.fill("SELECT '<img src=x onerror=alert(1)>' AS a, count(*) AS n FROM materials")
    box.blur()
    page.get_by_role("button", name="Run").click()
    page.locator(".tabulator-row", has_text="<img src=x").wait_for()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "'%22%3E%3Cimg src=x onerror=alert(1)%3E", ""]
)
def test_a_material_that_is_not_there_is_said_so(page, name):
    page.goto(f"material?material={name}")
    page.get_by_role("alert").wait_for()
    assert "no material" in page.get_by_role("alert").inner_text()
    assert page.locator("img").count() == 0


def test_a_page_of_another_material_shows_its_bounds(page):
    page.goto(f"material?material={INSULATOR}&explain=mpe&axis=a")
    page.locator(".js-plotly-plot").nth(2).wait_for()
    page.get_by_text("mpe =").wait_for()
