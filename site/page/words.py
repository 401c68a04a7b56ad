"""The page's own words: all that its Python writes into status lines, buttons, headings and labels, or has read aloud.

To translate the page's messages, translate these texts. `{name}` is where a value goes; its text and what follows a
colon in it stay. A pair of texts is for one and for any other number, which :func:`counted` chooses. Texts of fields
are in lab/request/fields, those of results in lab; those of the documents in their HTML.
"""


def counted(texts, n, **others):
    """The text of a pair that goes with a number, with the number in it, and other values.

    >>> counted(NOTES, 1), counted(NOTES, 3)
    ('1 note', '3 notes')
    """
    return texts[0 if n == 1 else 1].format(n=n, **others)


# Buttons, and what they say of what they did
CANCEL = "Cancel"
CHANGE_TO_NEWER = "Change to it"
COPIED = "Copied"
COPY = "Copy"
DOWNLOAD_PROGRAM = "Download .py"
DRAWING = "Drawing"
KEEP = "Keep this result"
LET_GO = "Remove"
NEEDS_NETWORK = "This needs the network"
PREPARING = "Preparing"
REFUSED = "The browser refused"
SAVE_PICTURE = "Save the picture (SVG)"
SAVED = "Saved"
STOP = "Stop here"
TRY_AGAIN = "Try again"

# The status line: starting
STARTING = "Starting Python."
EXAMPLE_MEANWHILE = " Until it runs, the notebook’s example is shown."
LOADING = "Loading {name}, {part} of {whole} MB"
LOADED = "Loaded {received} MB; starting Python"
SLOW_START = "The quick start failed; Python starts more slowly. {progress}"
LINK_TOO_LONG = (
    "The link is {length} MB long; at most {longest} MB are read, so the example is shown. Paste the numbers into the "
    "field “Values” instead, or drop them as a file."
)

# The status line: an answer
COMPUTED = "Computed by Python in this page."
NOT_IN_LINK = " What you typed is too long for the address, so a link will not carry it."
NOT_COMPUTED = "Not computed: {why}"
NOT_SAVED = "Not saved: {why}"
NO_CHARTS = (
    "The charts could not be loaded; the tables below them hold the same numbers. To try again, reload the page."
)
ERRORS = ("One setting needs a change", "{n} settings need a change")
LAST_VALID = "Until then, the last valid result is shown below."

# The status line: work that takes long
COMPUTING = "Python is computing."
SEARCHING = ("Searching the range: {time}", "Searching {n:,} ranges: {time}")
ABOUT = "about {duration}"
ABOUT_LEFT = "about {duration} left"
SECONDS = "{n} s"
MINUTES = "{n} min"
INSPECTING = "Reading: {percent:.0f} % done"
CANCELLING = "Cancelled. The last result stays; Python is starting again."
OVERTAKING = "The settings changed during a long computation; Python is starting again with the new ones."
CANCELLED = "Cancelled. The next change is computed again."
CANCELLED_AT = "Cancelled. The result shown is that of {settings}. The next change is computed again."
EMPTY = "empty"
FAILED = (
    "Python stopped at these settings; the last result stays. Change a setting, or try again. This is a fault in the "
    "page, which {link} reproduces for a report."
)
FAILED_LINK = "this link"
NO_DETAILS = "No details"

# Progress bars, as they are read aloud
PROGRESS_COMPUTING = "computing"
PROGRESS_INSPECTING = "read so far"
PROGRESS_RECEIVED = "bytes received"
PROGRESS_SEARCHING = "ranges found"
PROGRESS_STARTING = "starting"

# Files
READING = "Reading {name}, {part} of {whole} MB"
LEFT_OUT = "Left out of {name}: {part} {reason}"
MORE_LEFT_OUT = ("1 more part of it is left out, too.", "{n} more parts of it are left out, too.")
NOT_READ = (
    "One file is read at a time: 1 more file was given with {name} and not read.",
    "One file is read at a time: {n} more files were given with {name} and not read.",
)
FOLDER_UNREADABLE = "The folder cannot be read: it was changed or removed since it was dropped. Drop it again."
FOLDER_TOO_LARGE = "The folder holds more than {n:,} files. Choose the folder in it that holds one model."
FOLDER_OF_MANY = "The folder holds more than {n:,} files of models. Choose the folder in it that holds one model."
FOLDER_WITHOUT_MODEL = "The folder holds no model: no file in it ends in {endings}. Choose another."

# Results: figures and notes
NOTES = ("1 note", "{n} notes")
WAS = "was {value}"
AS_KEPT = "as kept"
AGAINST_KEPT = "{difference} vs kept"
KEPT_VALUE = "kept: {value}"

# Results: what is kept
KEPT = "Kept: {label}"
KEPT_OTHER_VALUES = "Kept: {label} (other values)"
KEPT_IN_LEGEND = "kept: {label}"
KEPT_IN_GREY = " In grey, kept: {label}."
KEPT_OTHER_AXES = " The kept result ({label}) has other axes and is not in this chart."
KEPT_IS_OTHER = " The kept result ({label}) is of other values and is not in this chart."

# Results: charts and their tables
CHART = "{title}: chart, read with the arrow keys; Enter selects what is under the cursor"
TABLE = "Table"
TABLE_OF = "Table of “{title}”"
SAVE_AS = "Save “{title}” as {kind}"
HANDLES = {"range_min": "Start of the range", "range_max": "End of the range"}
HANDLES_AT = {"range_min": "range starts at {number}", "range_max": "range ends at {number}"}
DATA = "Data: "
CHANGE = "Change"
NOTHING_HERE = "Nothing to show here for these numbers and settings."
NEEDS_MATRIX = " A matrix is written as [[1, 2], [3, 4]]."
ROUNDED = ", some of them rounded"
NUMBER = "Number {index}"
FOLLOWING = "Follow one number: {index} of 0 to {last}"
FOLLOW_BEFORE, FOLLOW_AFTER = "Follow the number before", "Follow the number after"
BITS_OF_CODE = "The bits of the code"
BIT_IS = "{bit}, is {digit}"

# A number, as the cursor of a chart reads it aloud
SPOKEN = {"x": "x {number}", "q": "code {number}", "x_hat": "back {number}", "error": "error {number}"}
OF_A_STEP = "{number} of a step"
POINT = "{trace}: {words}; point {n} of {total}"
COORDINATES = "x {x}, y {y}"
CELL = "row {row}, column {column}: {words}"

# Results: the table of values
INDEX = "index"
FOLLOW = "Follow the number at index {index}"
PREVIOUS = "Previous"
NEXT = "Next"
INDICES = "Indices {first} to {last} of {total}"
SHOW_ALL = "Show all {n:,}"
SHOW_SOME = "Show {n:,}"
SHOW_TEN = "Show ten"

# Paper
WAY_BACK = "This page with these settings: "
WAY_BACK_TOO_LONG = "The link with these settings is too long for paper."
QR_CODE = "QR code of the link"

# Use without a network
OFFLINE_SAVING = "Saving for use without a network: "
OFFLINE_COUNT = "{done} of {total} MB"
OFFLINE_SAVED = "Saved: this page opens without a network, too."
OFFLINE_INTERRUPTED = "Saving this page for use without a network was interrupted; the next visit will continue it."
OFFLINE_REFUSED = "This window works online only: the browser does not let the page be saved here."
NEWER_READY = "A newer version of this page is ready. "
NEWER_LATER = "The newer version is used as soon as this page is closed in every other window and tab."

# The lesson
NO_NUMBER = "Type a number."
RIGHT = "Right."
NOT_QUITE = "Not quite. {hint}"
ANOTHER_TRY = "Try again."
SOLVED = "Solved."
NOT_YET = "Not yet."

# The page for authors: a name and what to know about it
LABORATORY = "Quantization Lab"
SEE_IN = "See it in {laboratory}"
FOR_HTML = ("HTML", "Paste the script once on a page, the element as often as you like.")
FOR_MARKDOWN = ("Markdown, MkDocs", "As its own block, with an empty line before and after.")
FOR_DOCUSAURUS = ("Docusaurus (MDX)", "MDX is not HTML: a frame is the simple way.")
FOR_SPHINX = ("reStructuredText (Sphinx)", "")
FOR_MYST = ("MyST (Sphinx, Jupyter Book)", "")
FOR_QUARTO = ("Quarto", "For HTML output.")
FOR_JUPYTER = ("Jupyter", "In a code cell. The frame needs a network, or the lab served from this machine.")
FOR_WORDPRESS = (
    "WordPress",
    "Paste it into the editor: it becomes a Custom HTML block. A frame works where scripts are removed.",
)
AS_PICTURE = ("A picture and a link", "Where no scripts run. Save the picture beside your text, as {file}.")
AS_PICTURE_IN_MARKDOWN = ("A picture and a link in Markdown", "The same; no HTML is needed.")
ALT_DEQUANTIZED = "Dequantization of {codes} from {bits} bits"
ALT_QUANTIZED = "Quantization of {values} to {bits} bits"
ALT_CODES = "codes"
ALT_MANY = "many numbers"
