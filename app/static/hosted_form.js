// Comfort for a hosted form; it works without. Counts the beginning, keeps one click one sending, tells its height.
const form = document.querySelector("[data-form]");

if (form) {
  form.addEventListener("input", () => {
    const carried = form.elements.carried.value;
    const told = new URLSearchParams({ carried });
    navigator.sendBeacon?.(`${location.pathname.replace(/\/$/, "")}/start`, told);
  }, { once: true });
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // whoever comes back to this page may send it again
  addEventListener("pageshow", () => { sent = false; });
}

document.querySelector("#notice")?.focus();

if (parent !== window) {
  const tell = () => parent.postMessage({ floe: "height", height: document.documentElement.offsetHeight }, "*");
  new ResizeObserver(tell).observe(document.documentElement);
  tell();
}
