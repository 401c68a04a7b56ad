"""Nodes into the document: the only module that creates or changes elements."""

from pyscript import document, ffi, window

NAMESPACES = {"math": "http://www.w3.org/1998/Math/MathML", "svg": "http://www.w3.org/2000/svg"}

IS_EMBED = document.body.classList.contains("embed")
SKIPPED = ffi.to_js({"contentVisibilityAuto": True})  # counts as not visible what the browser skips


class Regions:
    """What each region of the page shows."""

    def __init__(self):
        """Begins with what the build wrote, which is not known here."""
        self.nodes = {}  # by name


_regions = Regions()


def render(name, nodes):
    """Makes the region `data-region=name` show these nodes, touching only what differs from what it shows."""
    region = document.querySelector('[data-region="' + name + '"]')
    if region is None:
        return
    if name in _regions.nodes:
        _patch(region, _regions.nodes[name], nodes, None)
    else:
        _take_over(region, nodes)
    _regions.nodes[name] = nodes
    if region.classList.contains("errors"):
        region.hidden = not nodes


def adopt(name, nodes):
    """Goes on from what the build wrote of these nodes, so that no click is lost; where it wrote none, draws them."""
    region = document.querySelector('[data-region="' + name + '"]')
    if region is not None and region.firstChild is not None:
        _regions.nodes[name] = nodes
    else:
        render(name, nodes)


def is_near(element, screens):
    """Whether an element is on the screen, or so many screens beyond its edge.

    In an embed everything is: its frame is as high as its content, and where its host shows it cannot be known here.
    """
    if IS_EMBED:
        return True
    if not element.checkVisibility(SKIPPED):
        return False  # the browser has not even laid it out
    height, box = window.innerHeight, element.getBoundingClientRect()
    return -screens * height < box.bottom and box.top < (1 + screens) * height


def mark_stale(is_stale):
    """Marks what is shown as the result of an earlier request."""
    for part in document.querySelectorAll("[data-results]"):
        part.toggleAttribute("data-stale", is_stale)


def _take_over(region, nodes):
    """Replaces what the build wrote, but keeps what lies in its `data-keep` slots: controls, drawings."""
    kept = document.createElement("div")
    while True:  # one after the other, and by name: proxies of many elements at once are not to be relied on here
        slot = region.querySelector("[data-keep]")
        if slot is None:
            break
        kept.appendChild(slot)
    region.replaceChildren()
    _patch(region, [], nodes, None)
    while kept.firstChild is not None:
        slot = kept.firstChild
        place = region.querySelector('[data-keep="' + slot.getAttribute("data-keep") + '"]')
        while place is not None and slot.firstChild is not None:  # what lies in it, for its attributes are the nodes'
            place.appendChild(slot.firstChild)
        kept.removeChild(slot)


def _patch(parent, old, new, namespace):
    children = parent.childNodes
    for position in range(min(len(old), len(new))):
        before, after = old[position], new[position]
        if before == after:
            continue
        child = children[position]
        if isinstance(before, str) and isinstance(after, str):
            child.data = after
        elif isinstance(before, str) or isinstance(after, str) or before[0] != after[0]:
            parent.replaceChild(_create(after, namespace), child)
        else:
            _patch_attributes(child, before[1], after[1])
            _patch(child, before[2:], after[2:], NAMESPACES.get(after[0], namespace))
    for _ in range(len(new), len(old)):
        parent.removeChild(parent.lastChild)
    for node in new[len(old) :]:
        parent.appendChild(_create(node, namespace))


def _patch_attributes(element, old, new):
    for name in old:
        if name not in new:
            element.removeAttribute(name)
    for name, value in new.items():
        if old.get(name) != value:
            element.setAttribute(name, value)


def _create(node, namespace):
    if isinstance(node, str):
        return document.createTextNode(node)
    tag = node[0]
    namespace = NAMESPACES.get(tag, namespace)
    element = document.createElementNS(namespace, tag) if namespace else document.createElement(tag)
    for name, value in node[1].items():
        element.setAttribute(name, value)
    for child in node[2:]:
        element.appendChild(_create(child, namespace))
    return element
