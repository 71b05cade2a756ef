// The theme of the admin shows a page only once its scripts have run, too late for what the browser would focus.
document.addEventListener("alpine:initialized", () => {
  setTimeout(() => document.querySelector("[autofocus]").focus());
});
