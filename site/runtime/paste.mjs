// A very long text pasted into the values becomes a file: a text area of ten megabytes would freeze the page.
const LONGEST = 200_000;

document.addEventListener("paste", (event) => {
  if (event.target.id !== "values") return;
  const text = event.clipboardData.getData("text/plain");
  if (text.length <= LONGEST) return;
  event.preventDefault();
  const file = new File([text], "pasted.txt", { type: "text/plain" });
  document.dispatchEvent(new CustomEvent("quantlab:file", { detail: file }));
});
