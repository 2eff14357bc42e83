// The form of quick entry under the fingers: lines, Enter, lists found by letters or numbers, pins, and what was wrong.

const PAUSE_MS = 900;
const $ = (selector, root) => root.querySelector(selector);
const $$ = (selector, root) => [...root.querySelectorAll(selector)];

export function openForm(form, told) {
  const found = () => $$(".quick-rows :is(input:not([name=pin]), select), #q-agreed", form);
  let lines = found();
  const agreed = $("#q-agreed", form);
  const rowOf = (line) => line.closest("[data-row], .quick-consent");
  const pinOf = (line) => $("[name=pin]", rowOf(line));
  const isTyped = (line) => line.type !== "checkbox" && !pinOf(line)?.checked && line.value.trim() !== "";

  $$("[name=pin]", form).forEach((pin) => (pin.tabIndex = -1));
  $$("select[data-ahead]", form).forEach(number);
  $(".quick-keyhint", form).hidden = false;

  const focusFirst = () => (lines.find((line) => !pinOf(line)?.checked) || lines[0]).focus();
  const move = (step) => {
    const next = lines[lines.indexOf(document.activeElement) + step];
    if (next) { next.focus(); if (next.select) next.select(); }
    return Boolean(next);
  };

  form.addEventListener("keydown", (event) => {
    const line = event.target, isLine = lines.includes(line);
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return take(event, told.store);
    if (event.altKey && !event.ctrlKey && !event.metaKey) return alt(event, isLine && line);
    if (!isLine) return;
    if (event.key === "Enter") return take(event, () => move(event.shiftKey ? -1 : 1) || event.shiftKey || told.store());
    if (event.key === "?" && line.type !== "checkbox" && !line.value) return take(event, told.help);
    if (line.matches("[data-ahead]")) ahead(event, line);
  });
  // --- Further people: numbered from 2 in a row; whoever is taken out, those after move up.
  const people = $("#quick-people", form), blank = $("#quick-blank", form).innerHTML, add = $("[name=more]", form);
  const persons = () => $$("[data-person]", people);
  const typedOf = (person) => $$("input", person).map((line) => line.value);
  function setPeople(count) {
    const now = persons();
    now.slice(count).forEach((one) => one.remove());
    for (let number = now.length + 2; number < count + 2; number++) {
      const made = new DOMParser().parseFromString(blank.replaceAll("{n}", number), "text/html").querySelector("[data-person]");
      people.append(document.importNode(made, true));
    }
    $$("[data-out]", people).forEach((out) => (out.hidden = false));
    lines = found();
  }
  function addPerson() {
    if (persons().length + 1 >= Number(people.dataset.most)) return told.full();
    setPeople(persons().length + 1);
    $("input", persons().at(-1)).focus();
    told.added();
  }
  function takeOut(person) {
    const rest = persons().filter((one) => one !== person).map(typedOf), at = persons().indexOf(person);
    clearErrors();
    setPeople(rest.length);
    persons().forEach((one, number) => $$("input", one).forEach((line, place) => (line.value = rest[number][place])));
    const next = persons()[at] || persons().at(-1);
    (next ? $("input", next) : lines[0]).focus();
    told.removed();
    told.changed();
  }
  setPeople(persons().length);
  add.addEventListener("click", (event) => { event.preventDefault(); addPerson(); });
  people.addEventListener("click", (event) => {
    const out = event.target.closest("[data-out]");
    if (out) takeOut(out.closest("[data-person]"));
  });

  const take = (event, deed) => { event.preventDefault(); if (!event.repeat || event.key !== "Enter") deed(); };
  const alt = (event, line) => {
    const deeds = {
      KeyP: () => { const pin = line && pinOf(line); if (pin) { pin.checked = !pin.checked; told.pinned(pin.checked); } },
      KeyU: told.undo,
      KeyC: () => { agreed.checked = !agreed.checked; told.changed(); },
      KeyN: addPerson,
      KeyX: () => { const person = line && line.closest("[data-person]"); if (person) takeOut(person); },
      Digit1: () => lines[0].focus(),
    };
    if (deeds[event.code]) take(event, deeds[event.code]);
  };
  document.addEventListener("keydown", (event) => {
    if (form.contains(event.target) || event.target.closest?.("dialog")) return;
    const isTyping = event.target.closest?.("input, textarea, select");
    if (event.altKey && event.code === "KeyU") take(event, told.undo);
    else if (event.key === "?" && !isTyping) take(event, told.help);
  });
  form.addEventListener("input", told.changed);

  // --- Lists: the first letters of any of an answer's words, in any language, or the number before it.
  let sought = "", since = 0;
  function ahead(event, list) {
    if (event.key === "Backspace" || event.key === "Delete") return take(event, () => choose(list, 0));
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || (event.key === " " && !sought)) return;
    const now = Date.now(), key = event.key.toLocaleLowerCase();
    sought = now - since > PAUSE_MS ? key : sought + key;
    since = now;
    const found = find(list, sought) || (sought.length > 1 && find(list, (sought = key)));
    take(event, () => found && choose(list, found));
  }
  function find(list, words) {
    const options = [...list.options];
    if (/^\d+$/.test(words)) return options[Number(words)] ? Number(words) : 0;
    const has = (option) => (option.dataset.words || "").toLocaleLowerCase().split("|")
      .some((one) => one.startsWith(words) || one.split(/[\s-]+/).some((part) => part.startsWith(words)));
    const from = words.length === 1 ? list.selectedIndex : 0;
    const order = [...options.keys()].map((at) => (at + from + (words.length === 1 ? 1 : 0)) % options.length);
    return order.find((at) => at && has(options[at])) || 0;
  }
  function choose(list, at) {
    list.selectedIndex = at;
    list.dispatchEvent(new Event("input", { bubbles: true }));
    list.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function number(list) {
    [...list.options].forEach((option, at) => { if (at) option.textContent = `${at} ${option.textContent}`; });
  }

  function clearErrors() {
    $$(".field-bad", form).forEach((row) => row.classList.remove("field-bad"));
    $$("[aria-invalid]", form).forEach((line) => line.removeAttribute("aria-invalid"));
    $$(".error", form).forEach((error) => (error.hidden = true));
    $$("[data-had]", form).forEach((had) => { had.hidden = true; had.replaceChildren(); });
    $("#quick-form-error", form).hidden = true;
  }
  function wrong(name, words) {
    const line = $(`#q-${CSS.escape(name)}`, form);
    if (!line) return null;
    const error = $(".error", rowOf(line));
    rowOf(line).classList.toggle("field-bad", Boolean(words));
    error.hidden = !words;
    $("span", error).textContent = words;
    if (words) line.setAttribute("aria-invalid", "true");
    else line.removeAttribute("aria-invalid");
    return line;
  }

  return {
    wrong,
    focusFirst,
    isBlank: () => !lines.some(isTyped),
    facts: () => $$("[data-fact]", form).map((one) => [one.name, one.value]),
    pairs: () => lines.filter((line) => line.value && (line.type !== "checkbox" || line.checked)).map((line) => [line.name, line.value]),
    pins: () => $$("[name=pin]:checked", form).map((pin) => pin.value),
    who: () => ["name", "phone", "email"].map((name) => $(`#q-${name}`, form)?.value.trim()).find(Boolean) || "",
    fill(pairs, pins) {
      const values = new Map(pairs);
      setPeople(Math.max(1, ...pairs.map(([name]) => Number(/^q-contact_(\d+)_/.exec(name)?.[1] || 1))) - 1);
      for (const line of lines) {
        if (line.type === "checkbox") line.checked = values.has(line.name);
        else line.value = values.get(line.name) ?? "";
      }
      if (pins) $$("[name=pin]", form).forEach((pin) => (pin.checked = pins.includes(pin.value)));
    },
    clear() {
      setPeople(0);
      for (const line of lines) {
        if (line.type === "checkbox") line.checked = false;
        else if (!pinOf(line)?.checked) line.value = "";
      }
      clearErrors();
      focusFirst();
    },
    typeOn(text) {
      const line = document.activeElement;
      if (text && lines.includes(line) && line.type === "text") line.value += text;
    },
    show(errors) {
      clearErrors();
      const bad = Object.entries(errors).map(([name, words]) => wrong(name, words)).filter(Boolean);
      const other = Object.entries(errors).filter(([name]) => !$(`#q-${CSS.escape(name)}`, form)).map(([, words]) => words);
      const note = $("#quick-form-error", form);
      note.hidden = !other.length;
      $("div", note).textContent = other.join(" ");
      (lines.find((line) => bad.includes(line)) || lines[0]).focus();
    },
  };
}
