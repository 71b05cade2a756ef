// The search box suggests while one types: a combobox whose list is only an offer, so that Enter searches for what
// was typed unless one of the list was chosen. Without this script it is a plain field of a form.
// Source: WAI-ARIA Authoring Practices, "Editable Combobox With List Autocomplete".

const PAUSE = 150; // milliseconds without a key before it is asked

class Suggestions {
  constructor(input) {
    this.input = input;
    this.list = document.createElement("ul");
    this.list.id = "suggestions";
    this.list.className = "suggestions";
    this.list.role = "listbox";
    this.list.ariaLabel = input.dataset.suggestions;
    this.list.hidden = true;
    this.input.parentElement.append(this.list);
    input.role = "combobox";
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.list.id);
    input.ariaExpanded = "false";
    input.addEventListener("input", () => this.ask());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    input.form.addEventListener("submit", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays where it is
    this.list.addEventListener("click", ({ target }) => this.go(target.closest("[role=option]")));
  }

  get options() {
    return [...this.list.children];
  }

  get active() {
    return this.list.querySelector("[aria-selected=true]");
  }

  ask() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    if (this.input.value.trim()) this.waiting = setTimeout(() => this.fetch(), PAUSE);
    else this.close();
  }

  async fetch() {
    const asked = (this.asked = new AbortController());
    try {
      const address = `${this.input.dataset.suggest}?q=${encodeURIComponent(this.input.value)}`;
      const answer = await fetch(address, { signal: asked.signal });
      const items = answer.ok ? (await answer.json()).items : [];
      if (this.asked === asked && document.activeElement === this.input) this.show(items);
    } catch {
      if (this.asked === asked) this.close(); // aborted, or offline: the field works without
    }
  }

  show(items) {
    this.list.replaceChildren(...items.map((item, place) => this.option(item, place)));
    this.list.hidden = items.length === 0;
    this.input.ariaExpanded = String(items.length > 0);
    this.input.removeAttribute("aria-activedescendant");
    const { suggestions, none } = this.input.dataset;
    document.getElementById("news").textContent = items.length ? `${suggestions}: ${items.length}` : none;
  }

  option({ kind, label, url }, place) {
    const option = document.createElement("li");
    option.id = `suggestion-${place}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.dataset.url = url;
    const [words, what] = [document.createElement("span"), document.createElement("span")];
    words.dir = "auto";
    words.textContent = label;
    what.className = "soft";
    what.textContent = this.input.dataset[kind];
    option.append(words, " ", what);
    return option;
  }

  press(event) {
    const isOpen = !this.list.hidden;
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
      else this.ask();
    } else if (event.key === "Enter" && isOpen && this.active) {
      event.preventDefault();
      this.go(this.active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (isOpen) this.close();
      else this.input.value = "";
    }
  }

  // One step is the field itself, with nothing of the list chosen.
  move(step) {
    const places = this.options.length + 1;
    const place = (this.options.indexOf(this.active) + 1 + step + places) % places;
    this.options.forEach((option, index) => (option.ariaSelected = String(index === place - 1)));
    if (this.active) this.input.setAttribute("aria-activedescendant", this.active.id);
    else this.input.removeAttribute("aria-activedescendant");
    this.active?.scrollIntoView({ block: "nearest" });
  }

  go(option) {
    if (option) location.assign(option.dataset.url);
  }

  close() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.list.hidden = true;
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }
}

// Also for a box that htmx has put in the place of another.
document.addEventListener("htmx:load", ({ target }) => {
  const input = target.querySelector?.("[data-suggest]");
  if (input && !input.role) new Suggestions(input);
});
