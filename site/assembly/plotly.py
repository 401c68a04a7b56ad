"""Prepares Plotly's script so that it starts in half the time: a wrapper makes browsers parse all of it twice."""

from assembly.report import BuildError

# Chromium then compiles all functions on another thread while the script loads, not one by one as they are called.
HINT = b"//# allFunctionsCalledOnLoad\n"
OPENING = b"""(
 function(root, factory) {
  if (typeof module === "object" && module.exports) {
   module.exports = factory();
  } else {
   root.moduleName = factory();
  }
} (typeof self !== "undefined" ? self : this, () => {
"""
CLOSING = b"""
window.Plotly = Plotly;
return Plotly;
}));"""


def unwrapped(script: bytes) -> bytes:
    """Takes the wrapper for other module systems off Plotly's script, which then declares `Plotly` itself.

    Raises:
        BuildError: The script is not as this version's is.
    """
    if script.count(OPENING) != 1 or script.count(CLOSING) != 1:
        raise BuildError("Plotly's script begins or ends in another way than expected; see site/assembly/plotly.py.")
    return HINT + script.replace(OPENING, b"").replace(CLOSING, b"")
