// The columns step follows what is chosen: the order of full names and of dates, the values of closed fields, a search in them.
// Everything can be done without it on the page of a column's values.

const $ = (selector, root) => root.querySelector(selector);
const form = document.getElementById("columns");
const is = (kind, target) => form.dataset[kind].split(" ").includes(target);

async function fetched(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return answer.ok ? $(".meanings", page) : null;
}

const address = (line, words) => `${line.dataset.values}?${new URLSearchParams(words)}`;

// --- Another target: its order of names or its values take the place of the old ones.
async function follow(select) {
  const line = select.closest("li"), target = select.value;
  $(".mapping-order", line).hidden = !is("full", target);
  const dates = $(".mapping-dates", line);
  if (dates) dates.hidden = !is("dates", target);
  $(".meanings", line)?.parentElement.remove();
  if (!is("closed", target)) return;
  const found = await fetched(address(line, { target }));
  if (!found || select.value !== target) return;
  const box = Object.assign(document.createElement("div"), { className: "mapping-more" });
  box.append(document.importNode(found, true));
  line.append(box);
  wake(box);
}

function isChanged(select) {
  const first = select ? [...select.options].findIndex((option) => option.defaultSelected) : -1;
  return select && select.selectedIndex !== Math.max(first, 0);
}

// --- Search: values whose meaning was changed stay.
async function find(input) {
  const box = input.closest(".meanings"), line = input.closest("li[data-values]");
  const target = $("input[type=hidden][name^=values-]", box).value, q = input.value;
  const found = await fetched(address(line, { target, q }));
  if (!found || input.value !== q) return;
  const list = $(".meaning-list", box);
  const changed = [...list.children].filter((row) => isChanged($("select", row)));
  const kept = new Set(changed.map((row) => $("[name^=written-]", row).value));
  const fresh = [...$(".meaning-list", found).children].filter((row) => !kept.has($("[name^=written-]", row)?.value));
  list.replaceChildren(...changed, ...fresh.map((row) => document.importNode(row, true)));
}

let timer;
form.addEventListener("change", (event) => event.target.matches("select[name^=column-]") && follow(event.target));
form.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find]")) return;
  clearTimeout(timer);
  timer = setTimeout(find, 200, event.target);
});
form.addEventListener("keydown", (event) => event.key === "Enter" && event.target.matches("[data-find]") && event.preventDefault());

function wake(root) {
  root.querySelectorAll(".meanings-search").forEach((label) => (label.hidden = false));
}
wake(form);
