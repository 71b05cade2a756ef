// What htmx leaves open when it replaces a part of a page: whoever cannot see the change is told of it,
// whoever stood in the replaced part stands at its head, and addresses stay free of empty fields.

document.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of Object.entries(detail.parameters)) {
    if (value === "") delete detail.parameters[name];
  }
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  const news = target.querySelector?.("[data-news]");
  if (!news) return;
  document.getElementById("news").textContent = news.textContent;
  if (document.activeElement === document.body) news.focus();
});
