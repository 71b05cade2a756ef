// What htmx leaves open when it replaces a part of a page: whoever cannot see the change is told of it,
// whoever stood in the replaced part stands at its head, and addresses stay free of empty fields.

document.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of Object.entries(detail.parameters)) {
    if (value === "") delete detail.parameters[name];
  }
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  const news = [...(target.querySelectorAll?.("[data-news]") ?? [])];
  if (!news.length) return;
  document.getElementById("news").textContent = news.map((part) => part.textContent).join(". ");
  if (document.activeElement === document.body) news[0].focus();
});

// What was asked for a part that has been replaced meanwhile is about what nobody sees any more.
function dropIfGone(event) {
  if (!event.detail.target.isConnected) event.preventDefault();
}

document.addEventListener("htmx:beforeRequest", ({ detail: { target } }) => {
  target.addEventListener("htmx:beforeSwap", dropIfGone);
});

// Choices that come late, with their counts, keep what was chosen meanwhile.
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  const select = target.matches("select") && fragment.firstElementChild;
  if (select && [...select.options].some((option) => option.value === target.value)) select.value = target.value;
});

// Numbers that change by themselves are looked at anew each minute, but only while somebody looks at the page.
const MINUTE = 60_000; // milliseconds
let lookedAt = Date.now();

function look() {
  if (document.visibilityState !== "visible" || Date.now() - lookedAt < MINUTE) return;
  lookedAt = Date.now();
  for (const part of document.querySelectorAll("[data-look]")) part.dispatchEvent(new CustomEvent("look"));
}

setInterval(look, MINUTE / 12);
document.addEventListener("visibilitychange", look);
