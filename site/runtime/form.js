// The form before Python is there, and with every edit. Once it has arrived, before it is seen, it is made to say what the link
// says, so that nothing moves when Python has read the link, too; and what would freeze the page never gets into it.
globalThis.quantlabForm = (() => {
  const LONGEST = 100_000; // characters of a link
  const LONGEST_PASTED = 200_000; // characters of values: a text area of ten megabytes would freeze the page
  let form, explained;

  function said(name) {
    const control = form.elements[name];
    if (control?.type === "checkbox") return control.checked ? "1" : "0";
    return control?.value;
  }

  // A part is there in some cases, such as `profile=onnx|custom&bits=8;bits=4`; a field without a control is not in the way.
  const holds = (condition) => {
    const [name, allowed] = condition.split("=");
    const text = said(name);
    return text === undefined || allowed.split("|").includes(text);
  };
  const applies = (cases) => cases.split(";").some((one) => one.split("&").every(holds));

  // Hides each part of the form of whose cases none holds, and says what is chosen where that is explained.
  function arrange() {
    let isChanged = false;
    for (const part of document.querySelectorAll("[data-when]")) {
      const isHidden = !applies(part.dataset.when);
      if (part.tagName === "OPTION") part.disabled = isHidden; // some browsers show hidden ones
      if (part.hidden === isHidden) continue;
      part.hidden = isHidden;
      isChanged = true;
    }
    if (isChanged)
      for (const group of form.querySelectorAll("fieldset.group:not(:has([data-region]))"))
        group.hidden = ![...group.querySelectorAll("[data-field]")].some((field) => !field.hidden);
    for (const mirror of document.querySelectorAll("[data-mirror]")) mirror.value = said(mirror.dataset.mirror);
    for (const select of explained) {
      const place = document.getElementById(`${select.name}-hint`);
      if (!place) continue; // not arrived yet
      place.dataset.always ??= place.textContent;
      const text = select.selectedOptions[0]?.dataset.hint ?? place.dataset.always;
      if (place.textContent !== text) place.textContent = text;
    }
  }

  function fill(chosen) {
    for (const [name, text] of chosen) {
      const control = form.elements[name];
      if (control === undefined || control.type === "file") continue;
      if (control.type === "checkbox") control.checked = text === "1";
      else control.value = ["text", "textarea", "hidden"].includes(control.type) ? text : text.toLowerCase();
      const fold = form.querySelector(`[data-field="${CSS.escape(name)}"]`)?.closest("details.fold");
      if (fold) fold.open = true;
    }
  }

  // Of an embed's controls those are there that its address names, or else its form.
  function offer(names) {
    const offered = (names ?? form.dataset.offers).replaceAll(",", " ").split(" ");
    for (const field of form.querySelectorAll("[data-field]"))
      field.toggleAttribute("data-offered", offered.includes(field.dataset.field));
  }

  function begin() {
    explained = form.querySelectorAll("select:has(option[data-hint])"); // beneath which it is said what is chosen
    const link = location.hash.slice(1);
    const chosen = new URLSearchParams(link.includes("=") && link.length < LONGEST ? link : "");
    if (form.dataset.offers) offer(chosen.get("controls"));
    if (!chosen.size) return;
    fill(chosen);
    arrange();
  }

  const arriving = new MutationObserver(() => {
    form = document.getElementById("controls");
    if (!form?.nextElementSibling) return; // before the whole of it is there, no case is known to hold
    arriving.disconnect();
    begin();
    form.dataset.filled = "";
  });
  arriving.observe(document, { childList: true, subtree: true });

  // A very long text pasted into the values becomes a file.
  document.addEventListener("paste", (event) => {
    if (event.target.id !== "values") return;
    const text = event.clipboardData.getData("text/plain");
    if (text.length <= LONGEST_PASTED) return;
    event.preventDefault();
    const file = new File([text], "pasted.txt", { type: "text/plain" });
    document.dispatchEvent(new CustomEvent("quantlab:file", { detail: file }));
  });
  return { arrange, offer };
})();
