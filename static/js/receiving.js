// The delivery desk. Whoever scans need not wait for the shop: each scan gets a key of its own, is queued and sent in its
// turn, and is sent again with the same key while the shop cannot be reached. So none is lost and none counts twice.

const desk = document.getElementById("desk");
const scan = desk.querySelector(".scan");
const { isbn, copies } = scan.elements;
const notice = document.getElementById("desk-waiting");
const waiting = [];
const PATIENCE = 2_000; // milliseconds between two attempts
let isSending = false;
let isLost = false;
let trouble = ""; // why what waits is not sent

desk.addEventListener("submit", (event) => {
  event.preventDefault();
  const { target: form, submitter } = event;
  const body = new URLSearchParams(new FormData(form));
  if (submitter?.name) body.set(submitter.name, submitter.value);
  if (form === scan) {
    // Many scanners press Enter twice.
    if (!isbn.value.trim() && copies.value === copies.defaultValue) return;
    body.set("form_key", freshKey());
    scan.reset();
  }
  isbn.focus();
  waiting.push({ url: form.action, body, name: body.get("isbn") ?? submitter?.getAttribute("aria-label") ?? "" });
  sendAll();
});

// What a scanner types while nothing is chosen belongs into the field.
document.addEventListener("keydown", (event) => {
  if (document.activeElement === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey) isbn.focus();
});

window.addEventListener("beforeunload", (event) => {
  if (waiting.length) event.preventDefault();
});

async function sendAll() {
  tell(trouble);
  if (isSending || isLost) return;
  isSending = true;
  while (waiting.length) {
    const answer = await send(waiting[0]);
    if (answer === null) {
      tell(desk.dataset.away);
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    } else if (!answer.querySelector("#desk .scan")) {
      // Signed out, closed by someone else, or broken: nothing that waits here will be counted.
      isLost = true;
      tell(desk.dataset.lost);
      return;
    } else {
      waiting.shift();
      tell("");
      for (const id of ["desk-news", "desk-rows"]) {
        document.getElementById(id).replaceChildren(...answer.getElementById(id).childNodes);
      }
    }
  }
  isSending = false;
  if (document.activeElement === document.body) isbn.focus();
}

// Return the page that the shop answers with; null where it cannot answer now.
async function send({ url, body }) {
  try {
    const response = await fetch(url, { method: "POST", body });
    if (response.status === 503) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return null;
  }
}

function tell(sentence) {
  trouble = sentence;
  notice.hidden = !sentence;
  notice.textContent = sentence && `${sentence} ${waiting.map(({ name }) => name).join(", ")}`;
}

function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
