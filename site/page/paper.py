"""What goes to paper: all sections, charts as wide as a page, the settings in words, and the way back to them."""

from pyscript import document, window

from page import address, charts, dom, guest, sections, theme, views

SCRIPT = "vendor/qrcode/qrcode.js"
LONGEST_IN_CODE = 500  # characters of a link in a code of 28 mm that a phone still reads
LONGEST_IN_WORDS = 1500
ON_SCREEN = "data-theme-on-screen"  # the theme that a dark page goes back to; paper is light

root = document.documentElement


def prepare(talk):
    """Makes the page ready for paper. The browser prints as soon as this returns, so nothing here can be awaited."""
    if not guest.IS_EMBED:
        sections.print_all(True)
        if talk.view is not None:
            address.write(talk.chosen, talk.defaults, None)
            dom.render("settings", views.settings(talk.view))
        _tell_way_back(window.location.href)
    if theme.is_dark():
        root.setAttribute(ON_SCREEN, root.getAttribute("data-theme") or "")
        root.dataset.theme = "light"
        charts.redraw()
    charts.draw_all()
    charts.fit_paper(True)


def put_away():
    """Gives the page back to the screen."""
    if not guest.IS_EMBED:
        sections.print_all(False)
    if root.hasAttribute(ON_SCREEN):
        theme = root.getAttribute(ON_SCREEN)
        root.removeAttribute(ON_SCREEN)
        if theme:
            root.dataset.theme = theme
        else:
            root.removeAttribute("data-theme")
        charts.redraw()
    charts.fit_paper(False)


def _tell_way_back(link):
    picture = ""
    if len(link) <= LONGEST_IN_CODE and link.startswith("http"):
        picture = _code_of(link)
    dom.render("way-back", views.way_back(link if len(link) <= LONGEST_IN_WORDS else "", picture))


def _code_of(link):
    """A link's QR code as the address of a picture; empty where the program for it cannot be had."""
    make = _program()
    if make is None:
        return ""
    code = make(0, "M")  # as large as it needs to be, and readable with 15 % of it damaged
    code.addData(link)
    code.make()
    return code.createDataURL(4, 16)


def _program():
    """The program that makes QR codes, which only paper needs; fetched at once, as the browser does not wait."""
    if not hasattr(window, "qrcode"):
        asked = window.XMLHttpRequest.new()
        asked.open("GET", SCRIPT, False)
        try:
            asked.send()
        except Exception as error:  # noqa: BLE001 - there is no network: the link stands in words
            window.console.info(str(error))
            return None
        if asked.status != 200:
            return None
        window.qrcode = window.Function.new(asked.responseText + "; return qrcode;")()
    return window.qrcode
