// Comfort on top of pages that work without it: palette, theme, partial refresh, polling, uploads, selection.
// One module, no dependency, nothing inline; behaviour is asked for by data attributes (see /ui).

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const target = event.target instanceof Element && event.target.closest(selector);
    if (target) act(event, target);
  });
const isPlainClick = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

// --- Theme: the cookie makes the server's first paint right.
on("submit", "[data-theme-switch]", (event, form) => {
  event.preventDefault();
  const root = document.documentElement;
  const isDark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  $("button", form).value = isDark ? "dark" : "light";
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `floe_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
});

// --- A form is sent once: its button turns busy and a second submit is ignored until the page comes back.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[data-again], .upload") || event.submitter?.formMethod === "dialog") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
});
const release = (form) => {
  delete form.dataset.sent;
  $$("[aria-busy]", form).forEach((button) => button.removeAttribute("aria-busy"));
};
addEventListener("pageshow", (event) => event.persisted && $$("form[data-sent]").forEach(release));

// --- Partial refresh: fetch the same address, replace one element, keep the focus; a newer request aborts the older.
let running = null;
async function fetchPage(url, options = {}) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, ...options });
  return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
}
function replace(selector, page) {
  const old = $(selector), fresh = $(selector, page);
  if (!old || !fresh) return false;
  const focused = document.activeElement?.id;
  old.replaceWith(document.importNode(fresh, true));
  if (focused && focused !== document.activeElement?.id) document.getElementById(focused)?.focus({ preventScroll: true });
  wake($(selector));
  return true;
}
async function swap(url, selector, options = {}) {
  running?.abort();
  running = new AbortController();
  $(selector)?.setAttribute("aria-busy", "true");
  try {
    const { answer, page } = await fetchPage(url, { ...options, signal: running.signal });
    if (!answer.ok || !replace(selector, page)) return location.assign(answer.url);
    if (!options.method) history.pushState({ swap: selector }, "", answer.url);
  } catch (problem) {
    if (problem.name !== "AbortError") location.assign(url);
  }
}
on("click", "a[data-swap]", (event, link) => {
  if (!isPlainClick(event)) return;
  event.preventDefault();
  swap(link.href, link.dataset.swap);
});
on("submit", "form[data-swap]", (event, form) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const sent = form.method === "get"
    ? swap(`${form.action.split("?")[0]}?${new URLSearchParams(data)}`, form.dataset.swap)
    : swap(form.action, form.dataset.swap, { method: "POST", body: data });
  sent.finally(() => release(form));
});
addEventListener("popstate", (event) => event.state?.swap ? swap(location.href, event.state.swap, { method: "GET" }) : location.reload());

// --- Polling: an element with data-poll refreshes itself, ever more slowly, and rests while the tab is hidden.
const SLOWEST = 5000;
function poll(element, wait) {
  setTimeout(async () => {
    if (!element.isConnected) return;
    if (document.hidden) return poll(element, wait);
    try {
      const { answer, page } = await fetchPage(element.dataset.poll);
      const fresh = answer.ok && page.getElementById(element.id);
      if (!fresh) return poll(element, SLOWEST);
      const next = document.importNode(fresh, true);
      element.replaceWith(next);
      if (next.dataset.poll) poll(next, Math.min(wait * 1.3, SLOWEST));
      else if (next.dataset.then) location.assign(next.dataset.then);
    } catch {
      poll(element, SLOWEST);
    }
  }, wait);
}

// --- Palette: pages at once, records while typing.
const palette = $("#palette");
if (palette) {
  const input = $("input", palette), list = $("ul", palette), none = $(".palette-none", palette);
  const pages = $$("li", list);
  let timer, asked;
  const options = () => $$("[role=option]", list).filter((option) => !option.closest("[hidden]"));
  const choose = (option) => {
    $$("[aria-selected]", list).forEach((other) => other.removeAttribute("aria-selected"));
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
    none.hidden = options().length > 0;
  };
  const item = (found, index) => {
    const line = document.createElement("li"), link = document.createElement("a");
    const words = document.createElement("span"), group = document.createElement("small");
    line.setAttribute("role", "presentation");
    Object.assign(link, { href: found.href, id: `palette-found-${index}`, tabIndex: -1 });
    link.setAttribute("role", "option");
    words.textContent = found.hint ? `${found.label} · ${found.hint}` : found.label;
    group.textContent = found.group || "";
    link.append(words, group);
    line.append(link);
    line.dataset.found = "";
    return line;
  };
  const look = async () => {
    const words = input.value.trim().toLocaleLowerCase();
    pages.forEach((line) => (line.hidden = !line.textContent.toLocaleLowerCase().includes(words)));
    if (!words) $$("[data-found]", list).forEach((line) => line.remove());
    choose(options()[0]);
    asked?.abort();
    if (words.length < 2) return;
    asked = new AbortController();
    try {
      const answer = await fetch(`${palette.dataset.source}?q=${encodeURIComponent(words)}`, { signal: asked.signal });
      if (!answer.ok) return;
      const found = (await answer.json()).filter((one) => !pages.some((line) => !line.hidden && $("a", line).getAttribute("href") === one.href));
      $$("[data-found]", list).forEach((line) => line.remove());
      list.append(...found.map(item));
      choose(options()[0]);
    } catch (problem) {
      if (problem.name !== "AbortError") throw problem;
    }
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 80); });
  palette.addEventListener("keydown", (event) => {
    const all = options(), at = all.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === "Enter") all[at]?.click();
    else return;
    event.preventDefault();
  });
  const open = () => { if (!palette.open) palette.showModal(); input.value = ""; look(); };
  on("click", ".search-open", open);
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if ((event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) || (event.key === "/" && !isTyping)) {
      event.preventDefault();
      open();
    }
  });
}

// --- Dialogs and menus where the browser does not know the attributes yet.
if (!("commandForElement" in HTMLButtonElement.prototype))
  on("click", "[commandfor]", (_, button) => document.getElementById(button.getAttribute("commandfor"))?.showModal?.());
if (!CSS.supports("position-area", "block-end"))
  document.addEventListener("toggle", (event) => {
    const box = event.newState === "open" && event.target.matches?.(".menu") && $(`[popovertarget="${event.target.id}"]`)?.getBoundingClientRect();
    if (!box) return;
    const { style, offsetWidth } = event.target;
    style.position = "fixed";
    style.top = `${box.bottom}px`;
    style.left = `${Math.max(8, Math.min(box.left, innerWidth - offsetWidth - 8))}px`;
  }, true);
on("click", ".dialog", (event, dialog) => event.target === dialog && dialog.close());

// --- Rows picked for a bulk act.
on("change", ".pick input", (_, box) => {
  const card = box.closest(".card, form, body");
  const rows = $$("tbody .pick input", card), all = $("[data-pick-all]", card);
  if (box === all) rows.forEach((row) => (row.checked = all.checked));
  const picked = rows.filter((row) => row.checked).length;
  Object.assign(all, { checked: picked > 0 && picked === rows.length, indeterminate: picked > 0 && picked < rows.length });
  $$("[data-picked]", card).forEach((output) => (output.value = picked.toLocaleString(document.documentElement.lang)));
});

// --- Copy.
on("click", "[data-copy]", async (_, button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.ariaLabel, words = $("span", button), text = words?.textContent;
  button.classList.add("copied");
  button.ariaLabel = button.dataset.done;
  if (words) words.textContent = button.dataset.done;
  setTimeout(() => {
    button.classList.remove("copied");
    button.ariaLabel = label;
    if (words) words.textContent = text;
  }, 1500);
});

// --- Files: name, drop mark, and the progress of forms with the class "upload".
on("dragover", "[data-drop]", (_, zone) => zone.classList.add("drop-over"));
["dragleave", "drop"].forEach((type) => on(type, "[data-drop]", (_, zone) => zone.classList.remove("drop-over")));
on("change", "[data-drop] input", (_, input) => {
  const zone = input.closest("[data-drop]"), words = $("[data-drop-name]", zone);
  zone.dataset.prompt ??= words.textContent;
  zone.classList.toggle("drop-full", input.files.length > 0);
  words.textContent = input.files.length ? [...input.files].map((file) => file.name).join(", ") : zone.dataset.prompt;
});
on("submit", "form.upload", (event, form) => {
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const bar = $(".drop-progress", form), request = new XMLHttpRequest();
  const data = new FormData(form, event.submitter);
  event.submitter?.setAttribute("aria-busy", "true");
  bar.hidden = false;
  request.upload.onprogress = (step) => (bar.value = (100 * step.loaded) / step.total);
  request.onload = () => {
    if (request.status < 400 && request.responseURL !== location.href) return location.assign(request.responseURL);
    release(form);
    if (!replace("#main", new DOMParser().parseFromString(request.responseText, "text/html"))) location.assign(form.action);
  };
  request.onerror = () => { bar.hidden = true; release(form); };
  request.open("POST", form.action);
  request.send(data);
});

// --- What a chart says under the pointer.
const tip = Object.assign(document.createElement("div"), { className: "tip", popover: "manual" });
on("pointermove", ".chart, body", (event) => {
  const words = event.target.closest?.("[data-tip]")?.dataset.tip;
  if (!words) return tip.isConnected && tip.remove();
  if (!tip.isConnected) { document.body.append(tip); tip.showPopover(); }
  tip.textContent = words;
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${event.clientY - tip.offsetHeight - 10}px`;
});

// --- Toasts go by themselves unless they tell of trouble or someone is reading them.
function fade(toast) {
  const isLasting = toast.matches(".toast-bad, .toast-warn") || $("[data-toast-stay]", toast);
  if (!isLasting) setTimeout(() => (toast.matches(":hover, :focus-within") ? fade(toast) : toast.remove()), 10000);
}
on("click", "[data-close]", (_, button) => button.closest("[data-toast]").remove());

// --- A transition between pages that the browser gives up (a quick second click) is no error of ours.
["pageswap", "pagereveal"].forEach((type) => addEventListener(type, ({ viewTransition }) => {
  [viewTransition?.ready, viewTransition?.finished, viewTransition?.updateCallbackDone].forEach((step) => step?.catch(() => {}));
}));

// --- A region that scrolls is a stop for the Tab key; one that does not is none, until the window is made smaller.
function setStops(root) {
  $$(".table-scroll", root).forEach((region) => {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  });
}
addEventListener("resize", () => setStops(document));

// --- Everything new on the page, at first and after a refresh.
function wake(root) {
  $$("[data-copy], [data-close]", root).forEach((button) => (button.hidden = false));
  $$("[data-toast]", root).forEach(fade);
  [root, ...$$("[data-poll]", root)].forEach((element) => element.dataset?.poll && poll(element, Number(element.dataset.every) || 1000));
  setStops(root);
  // The pointer's tip replaces the browser's own, which would show twice.
  $$("[data-tip] > title", root).forEach((title) => title.remove());
}
wake(document);
