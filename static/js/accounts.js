// A password can be read while it is typed, without a way to the shop and back; codes can be printed.

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-show]");
  if (!button) return;
  event.preventDefault();
  const field = document.getElementById(button.getAttribute("aria-controls"));
  const isShown = field.type === "password";
  field.type = isShown ? "text" : "password";
  button.firstChild.textContent = isShown ? button.dataset.hide : button.dataset.show;
});

// A browser keeps what was typed into a readable field, for the next who types there.
document.addEventListener("submit", ({ target }) => {
  for (const button of target.querySelectorAll("[data-show]")) {
    document.getElementById(button.getAttribute("aria-controls")).type = "password";
  }
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
