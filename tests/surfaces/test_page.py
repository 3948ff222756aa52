"""The HTML page in a real browser: facts on hovering, blocks that open, search, keys, light and dark, offline."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nnfig
from nnfig.emit.html import Page, State, html

from .networks import staged

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --headless --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
in_a_browser = [
    pytest.mark.slow,
    pytest.mark.tex,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
    pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield running
        running.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small network with two stages."""
    path = tmp_path_factory.mktemp("page") / "staged net.html"
    nnfig.draw(staged(), detail="overview", depth=0).save(path)
    return path


@pytest.fixture
def tab(browser: Browser, page_file: Path) -> Iterator[Tab]:
    """The page, freshly loaded; a script error or a request fails the test."""
    opened = browser.new_page(viewport={"width": 1100, "height": 700})
    asked: list[str] = []
    broken: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    opened.goto(page_file.as_uri())
    yield opened
    opened.close()
    assert broken == []
    assert asked == [page_file.as_uri()]


def _drawn(tab: Any) -> list[str]:
    return tab.eval_on_selector_all("#state .node", "nodes => nodes.map(node => node.dataset.name)")


def _middle(tab: Any, what: str) -> tuple[float, float]:
    box = tab.locator(what).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _boxes(*names: str) -> str:
    return "".join(f"<g id='nnf-{name}'><rect width='9' height='9'/></g>" for name in names)


class TestInABrowser:
    """Each test loads the page anew and asks the browser what is seen."""

    pytestmark = in_a_browser

    def test_hovering_shows_exact_facts(self, tab: Tab):
        """Kernel size, sizes, parameters and MACs of the layer under the pointer."""
        tab.hover("[data-name=stem]")
        facts = tab.inner_text("#facts")
        for fact in ("stem · Conv2d", "7x7", "1x8x16x16", "3,136", "802,816"):
            assert fact in facts

    def test_what_runs_inside_a_box_is_told_with_it(self, tab: Tab):
        """An activation that is merged into its convolution is named, and found by search."""
        tab.click("[data-name=early]")
        tab.click("[data-name='early.0']")
        tab.hover("[data-name='early.0.conv1']")
        assert "early.0.relu · ReLU" in tab.inner_text("#facts")
        tab.fill("#query", "early.0.relu")
        tab.keyboard.press("Enter")
        assert "early.0.conv1" in tab.inner_text("#facts h2")

    def test_clicking_a_stage_opens_it_and_clicking_its_button_closes_it(self, tab: Tab):
        """The same engine draws the inside; the chip in the header closes it again."""
        closed = _drawn(tab)
        tab.click("[data-name=early]")
        assert "early" not in _drawn(tab)
        assert any(name.startswith("early.0") for name in _drawn(tab))
        tab.click("[data-close=early]")
        assert _drawn(tab) == closed

    def test_two_stages_can_be_open_at_once(self, tab: Tab):
        """Opening one leaves the other as it is."""
        tab.click("[data-name=early]")
        tab.click("[data-name=late]")
        assert not {"early", "late"} & set(_drawn(tab))

    def test_the_keyboard_reaches_everything(self, tab: Tab):
        """Tab walks the layers in reading order, Enter opens, Escape closes, / searches."""
        tab.focus("#state .node >> nth=0")
        assert tab.evaluate("document.activeElement.dataset.name") == "image"
        for _ in range(2):
            tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.dataset.name") == "early"
        assert "Enter opens it" in tab.inner_text("#facts")
        tab.keyboard.press("Enter")
        assert "early" not in _drawn(tab)
        tab.keyboard.press("Escape")
        tab.keyboard.press("Escape")
        assert "early" in _drawn(tab)
        tab.keyboard.press("/")
        assert tab.evaluate("document.activeElement.id") == "query"

    def test_search_opens_what_hides_the_layer(self, tab: Tab):
        """A layer inside a closed block is found by its name, shown and told about."""
        tab.fill("#query", "late.0.conv2")
        tab.keyboard.press("Enter")
        assert "late.0.conv2" in _drawn(tab)
        assert "late.0.conv2 · Conv2d" in tab.inner_text("#facts")
        assert _middle(tab, "#halo") == pytest.approx(_middle(tab, "[data-name='late.0.conv2']"), abs=4)
        assert _middle(tab, "#halo") == pytest.approx(_middle(tab, "#stage"), abs=4)

    def test_search_goes_on_when_its_field_is_entered_again(self, tab: Tab):
        """What was found stays when the field is left and entered in a moment."""
        tab.fill("#query", "conv")
        tab.evaluate("(() => { const field = document.getElementById('query'); field.blur(); field.focus(); })()")
        tab.wait_for_timeout(250)
        assert tab.is_visible("#found")

    def test_the_keyboard_goes_into_a_second_call(self, browser: Browser, tmp_path: Path):
        """The layers of `late@2` are `late.conv@2`: Enter opens it and stands on the first of them."""
        closed = State((), _boxes("a"), (0, 0, 9, 9), {"nnf-a": "late@2"}, {"late@2": "nnf-a"}, opens={"late@2": 1})
        inside = {"nnf-b": "late.conv@2"}
        opened = State(("late@2",), _boxes("b"), (0, 0, 9, 9), inside, {"late.conv@2": "nnf-b"}, closes={"late@2": 0})
        path = tmp_path / "again.html"
        path.write_text(html(Page("again", [closed, opened], staged())), encoding="utf-8")
        tab = browser.new_page()
        tab.goto(path.as_uri())
        tab.focus("[data-name='late@2']")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.dataset.name") == "late.conv@2"

    def test_the_figure_moves_and_zooms(self, tab: Tab):
        """Dragging moves, the wheel zooms about the pointer, 0 fits again; a drag opens nothing."""
        box = tab.get_attribute("#figure", "viewBox")
        before = _drawn(tab)
        tab.hover("[data-name=early]")
        tab.mouse.down()
        tab.mouse.move(300, 300, steps=4)
        tab.mouse.up()
        assert tab.get_attribute("#figure", "viewBox") != box
        assert _drawn(tab) == before
        tab.mouse.wheel(0, -300)
        width = float((tab.get_attribute("#figure", "viewBox") or "").split()[2])
        assert width < float((box or "").split()[2])
        tab.keyboard.press("0")
        assert tab.get_attribute("#figure", "viewBox") == box

    def test_text_is_text_in_embedded_fonts(self, tab: Tab):
        """Labels can be selected, and their letters come from the page itself."""
        assert "conv" in (tab.text_content("[data-name=stem]") or "")
        fonts = tab.evaluate("document.fonts.ready.then(() => [...document.fonts].map(font => font.status))")
        assert "loaded" in fonts

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_light_and_dark_follow_the_system_and_the_button(self, tab: Tab, scheme: Any):
        """The background is that of the system; the button turns it over."""
        tab.emulate_media(color_scheme=scheme)

        def brightness() -> int:
            color = tab.evaluate("getComputedStyle(document.body).backgroundColor")
            return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))

        assert (brightness() > 384) == (scheme == "light")
        tab.click("[data-do=theme]")
        assert (brightness() > 384) == (scheme == "dark")

    def test_a_narrow_window_shows_everything(self, tab: Tab):
        """On a phone nothing needs scrolling sideways."""
        tab.set_viewport_size({"width": 360, "height": 640})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_no_text_of_the_network_can_leave_its_place():
    """Markup in titles, captions, names and facts is shown, not obeyed."""
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
    graph = staged()
    layers = (*graph.layers[:-1], graph.layers[-1].__class__(evil, evil, graph.layers[-1].inputs))
    graph = graph.replace(name=evil, layers=layers, outputs=(evil,))
    state = State((), "<g id='nnf-x'></g>", (0, 0, 10, 10), {"nnf-x": evil}, {evil: "nnf-x"})
    text = html(Page(evil, [state], graph, caption=evil, alt=evil, notes=[evil]))
    assert text.count("<script") == 2
    assert "<img" not in text
    assert "49" not in text.split("</style>")[1].split("<script")[0]


@pytest.mark.tex
@pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh")
def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A block that would draw too much stays closed, and the page says how it can be seen."""
    from nnfig import states

    monkeypatch.setattr(states, "HUGE", 5)
    nnfig.draw(staged(), detail="overview", depth=0).save(tmp_path / "net.html")
    text = (tmp_path / "net.html").read_text()
    assert "cannot be opened here" in text
    assert "nnfig draw --open" in text


@pytest.mark.tex
@pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh")
def test_the_page_is_the_same_every_time(tmp_path: Path):
    """Same network, same bytes."""
    first, second = tmp_path / "a.html", tmp_path / "b.html"
    nnfig.draw(staged(blocks=1)).save(first)
    time.sleep(1.1)  # fonts are stamped with the second
    nnfig.draw(staged(blocks=1)).save(second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
@pytest.mark.tex
@pytest.mark.skipif(shutil.which("dvisvgm") is None, reason="no dvisvgm: run scripts/tex.sh")
def test_resnet50_stays_within_a_megabyte_and_a_half(root: Path, tmp_path: Path):
    """Every stage can be opened, alone and beside the others, and the page is still small."""
    pytest.importorskip("torch")
    path = tmp_path / "resnet50.html"
    nnfig.draw(f"{root}/examples/resnet.py:resnet50", input_size="1,3,224,224").save(path)
    assert path.stat().st_size < 1_500_000
    assert path.read_text().count("<template ") >= 4
