"""What an author pastes to have an instrument in a text, one snippet for each tool: plain functions without a document.

`site` is the address of the folder in which quant-lab.js lies; `fields` are those of a request, and of the appearance.
"""

from page import words

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~,"
FRAME_APPEARANCE = ("theme", "background", "controls")
FILE = "quantization.svg"
USUAL_HEIGHT = 480  # in pixels, of a frame whose content has not been measured
LONGEST_ALT = 60  # characters of the numbers
MARKS = "\\`*_[]<>&!"  # what Markdown may take for more than itself


def quoted(text):
    """A text as it stands in an address.

    >>> quoted("-3.0, 0.1") + quoted("é&=")
    '-3.0,+0.1%C3%A9%26%3D'
    """
    coded = ""
    for byte in text.encode():
        letter = chr(byte)
        coded += letter if letter in UNRESERVED else "+" if letter == " " else f"%{byte:02X}"
    return coded


def query(fields):
    """Fields as they stand after `#`.

    >>> query({"bits": "4", "values": "1, 2"})
    'values=1,+2&bits=4'
    """
    return "&".join([name + "=" + quoted(fields[name]) for name in ordered(fields)])


def ordered(fields):
    """The names of fields, the numbers first and the appearance last: the page's Python keeps no order in a dict.

    >>> ordered({"theme": "dark", "bits": "4", "show": "error", "values": "1"})
    ['values', 'bits', 'show', 'theme']
    """
    last = ("show",) + FRAME_APPEARANCE
    rank = [(last.index(name) + 2 if name in last else int(name != "values"), name) for name in fields]
    return [name for _, name in sorted(rank)]


def escaped(text):
    """A text as it stands in an HTML attribute.

    >>> escaped('a "b" & <c>')
    'a &quot;b&quot; &amp; &lt;c>'
    """
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def link(site, fields):
    """The address of the laboratory in the same state."""
    own = {name: text for name, text in fields.items() if name not in FRAME_APPEARANCE + ("show",)}
    return site + "index.html" + ("#" + query(own) if own else "")


def frame_address(site, fields):
    """The address of the panel alone."""
    return site + "embed.html" + ("#" + query(fields) if fields else "")


def element(site, fields, height=None):
    """The element and its script, with a link in it for readers without scripts."""
    attributes = "".join([" " + name + '="' + escaped(fields[name]) + '"' for name in ordered(fields)])
    if height:
        attributes += ' height="' + str(height) + '"'
    return "\n".join(
        [
            '<script async src="' + escaped(site) + 'quant-lab.js"></script>',
            "<quant-lab" + attributes + ">",
            '  <a href="'
            + escaped(link(site, fields))
            + '">'
            + words.SEE_IN.format(laboratory=words.LABORATORY)
            + "</a>",
            "</quant-lab>",
        ]
    )


def frame(site, fields, style, height=None):
    """A frame of fixed height, for places that let no script in; `style` is what takes the border away there."""
    address = escaped(frame_address(site, fields))
    return (
        '<iframe src="'
        + address
        + '" title="'
        + words.LABORATORY
        + '" width="100%" height="'
        + str(height or USUAL_HEIGHT)
        + '" loading="lazy" '
        + style
        + "></iframe>"
    )


def indented(text, margin):
    """Each line of a text further to the right."""
    return "\n".join([margin + line for line in text.split("\n")])


def snippets(site, fields, height=None):
    """All snippets: (name, what to know about it, text); `height` in pixels, as far as it is known."""
    own = element(site, fields, height)
    fence = "```"
    return [
        words.FOR_HTML + (own,),
        words.FOR_MARKDOWN + ("<div>\n" + own + "\n</div>",),
        words.FOR_DOCUSAURUS + (frame(site, fields, "style={{border: 0}}", height),),
        words.FOR_SPHINX + (".. raw:: html\n\n" + indented(own, "   "),),
        words.FOR_MYST + (fence + "{raw} html\n" + own + "\n" + fence,),
        words.FOR_QUARTO + (fence + "{=html}\n" + own + "\n" + fence,),
        words.FOR_JUPYTER
        + (
            "from IPython.display import IFrame\n\n"
            'IFrame("' + frame_address(site, fields) + '", width="100%", height=' + str(height or USUAL_HEIGHT) + ")",
        ),
        words.FOR_WORDPRESS
        + ("<!-- wp:html -->\n" + frame(site, fields, 'style="border: 0"', height) + "\n<!-- /wp:html -->",),
        (
            words.AS_PICTURE[0],
            words.AS_PICTURE[1].format(file=FILE),
            '<a href="' + escaped(link(site, fields)) + '">' + picture(fields) + "</a>",
        ),
        words.AS_PICTURE_IN_MARKDOWN + ("[![" + plain(alt(fields)) + "](" + FILE + ")](" + link(site, fields) + ")",),
    ]


def picture(fields):
    """The picture that lies beside the text."""
    return '<img src="' + FILE + '" alt="' + escaped(alt(fields)) + '">'


def alt(fields):
    """What the picture shows, in words.

    >>> alt({}), alt({"source": "sine", "bits": "4"})
    ('Quantization of -3.0, 0.1, 3.2 to 8 bits', 'Quantization of many numbers to 4 bits')
    """
    bits = fields.get("bits", "8")
    if fields.get("direction") == "dequantize":
        return words.ALT_DEQUANTIZED.format(codes=shortened(fields.get("codes", words.ALT_CODES)), bits=bits)
    is_many = fields.get("source", "values") != "values"
    values = words.ALT_MANY if is_many else shortened(fields.get("values", "-3.0, 0.1, 3.2"))
    return words.ALT_QUANTIZED.format(values=values, bits=bits)


def shortened(text):
    r"""The beginning of a text, on one line.

    >>> shortened("1,\n  2"), shortened("3, " * 40)
    ('1, 2', '3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, …')
    """
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_ALT else line[:LONGEST_ALT] + "…"


def plain(text):
    r"""A text of which Markdown makes nothing else.

    >>> print(plain("[[1, 2]] *"))
    \[\[1, 2\]\] \*
    """
    return "".join(["\\" + letter if letter in MARKS else letter for letter in text])


def views(site, fields, height=None):
    """The snippets as nodes."""
    return [_figure(*snippet) for snippet in snippets(site, fields, height)]


def _figure(name, note, text):
    buttons = [_button("copy", words.COPY)]
    if name == words.AS_PICTURE[0]:
        buttons = [_button("picture", words.SAVE_PICTURE)] + buttons
    return [
        "figure",
        {"class": "snippet", "data-kind": name},
        ["figcaption", {}, ["span", {}, ["b", {}, name]] + ([". " + note] if note else [])] + buttons,
        ["pre", {"tabindex": "0"}, ["code", {}, text]],
    ]


def _button(action, label):
    return ["button", {"type": "button", "class": "button needs-script", "data-action": action}, label]
