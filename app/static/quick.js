// Quick entry: what is stored goes into the browser's own keeping first and is sent from there, so that neither a lost
// connection nor a reload, a crash, a second click or a second tab loses an entry or sends it twice.

const form = document.querySelector("#quick");
const $ = (selector, root = document) => root.querySelector(selector);
const PATIENCE_MS = 900, DRAFT_MS = 300;

if (form) {
  const data = form.dataset, words = JSON.parse(data.words), owner = data.owner;
  const [{ openForm }, { openSender }, { openStore, canKeep }] = await Promise.all(
    [data.form, data.sender, data.store].map((file) => import(file)));
  const store = canKeep() ? await openStore(owner).catch(() => null) : null;
  const names = new Map(), waits = new Map();
  let tab = "", sender = null, state = "", storing = false, kept = "", lastOne = null, drafting;

  const sheet = openForm(form, {
    store: () => (sender ? storeNow() : form.requestSubmit()),
    undo: undoLast,
    help: () => $("#quick-keys").showModal(),
    changed: () => { clearTimeout(drafting); drafting = setTimeout(saveDraft, DRAFT_MS); },
    full: () => say(words.fullHouse),
    added: () => { say(words.added); saveDraft(); },
    removed: () => say(words.removed),
    pinned: (isOn) => { say(isOn ? words.pinned : words.unpinned); saveDraft(); },
  });
  const say = (text) => { $("#quick-said").textContent = text; };

  // --- What stands in the list of the last ones: the names are known only to this page.
  function showLast(html) {
    if (!html) return;
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("#quick-last");
    if (fresh) $("#quick-last").replaceWith(document.importNode(fresh, true));
    for (const one of document.querySelectorAll("#quick-last [data-entry]")) {
      const name = names.get(one.dataset.entry);
      if (name) $("[data-who]", one).prepend(`${name} · `);
    }
  }

  function showState(why) {
    state = why;
    const line = $("#quick-line");
    line.textContent = why === "away" || why === "busy" ? line.dataset.off : line.dataset.on;
    line.classList.toggle("status-ok", !why);
    line.classList.toggle("status-warn", Boolean(why));
    const note = $("#quick-note");
    note.hidden = !why;
    $("#quick-note-text").textContent = why ? words[why] : "";
    $("a", note).hidden = !["loggedOut", "someoneElse"].includes(why);
  }

  // --- What is kept here: waiting, or to be corrected.
  async function showKept() {
    if (!store) return;
    const all = await store.list();
    const mark = JSON.stringify(all);
    $("#quick-count").value = all.filter((one) => one.state === "waiting").length;
    const box = $("#quick-waiting");
    box.hidden = !all.length;
    if (mark === kept) return;
    kept = mark;
    const items = await Promise.all(all.map(async (one) => item(one, await store.read(one.place).catch(() => null))));
    if (kept === mark) $("ol", box).replaceChildren(...items);
  }
  function item(one, what) {
    const line = document.createElement("li"), who = document.createElement("span"), status = document.createElement("span");
    who.className = "quick-who";
    who.textContent = what?.who || words.unnamed;
    status.className = `status status-${one.state === "refused" ? "bad" : "info"}`;
    status.textContent = one.state === "refused" ? words.refused : words.waiting;
    line.append(who, status);
    const deeds = document.createElement("span");
    deeds.className = "quick-deeds";
    if (one.state === "refused" && what) deeds.append(button(words.open, () => correct(one.place)));
    deeds.append(button(words.drop, () => confirm(words.sureToDrop) && drop(one.place)));
    line.append(deeds);
    const errors = Object.values(what?.errors || {}).join(" ");
    if (errors) line.append(Object.assign(document.createElement("p"), { className: "error", textContent: errors }));
    return line;
  }
  const button = (label, deed) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-ghost btn-small", textContent: label });
    made.addEventListener("click", deed);
    return made;
  };
  async function drop(place) {
    await sender.alone(() => store.drop(place));
    changed();
  }
  async function correct(place) {
    const what = await store.read(place);
    if (!what) return;
    if (!sheet.isBlank()) await setAside();
    refill(what);
    await saveDraft();
    await store.drop(place);
    changed();
  }
  async function setAside() {
    const what = entry();
    await store.add(what.id, what, tab);
    const mine = (await store.list()).find((one) => one.id === what.id);
    await store.mark(mine.place, { state: "refused" });
  }
  function refill(what) {
    sheet.fill(what.pairs, what.pins);
    sheet.show(what.errors || {});
  }

  // --- Storing: into the keeping first, then on its way; a refusal that comes at once finds the form as it was.
  const entry = () => ({
    id: crypto.randomUUID(), at: new Date().toISOString(), who: sheet.who(),
    facts: sheet.facts(), pairs: sheet.pairs(), pins: sheet.pins(),
  });
  async function storeNow() {
    if (storing) return;
    if (sheet.isBlank()) return say(words.nothing);
    storing = true;
    clearTimeout(drafting);
    const typedOn = bufferKeys();
    const what = entry();
    names.set(what.id, what.who);
    lastOne = what;
    try {
      const isAlone = !state && !(await store.list()).some((one) => one.state === "waiting");
      await store.add(what.id, what, tab);
      const answered = new Promise((good) => waits.set(what.id, good));
      changed();
      sender.flush();
      const answer = isAlone ? await Promise.race([answered, new Promise((good) => setTimeout(good, PATIENCE_MS))]) : null;
      waits.delete(what.id);
      if (answer?.result === "refused") {
        sheet.show(answer.errors);
        await saveDraft();
        await store.drop(answer.place);
      } else {
        if (answer) showLast(answer.last);
        sheet.clear();
        sheet.typeOn(typedOn());
        say(words.stored);
        await saveDraft();
      }
    } finally {
      typedOn();
      waits.delete(what.id);
      storing = false;
      changed();
    }
  }
  // Fast hands type on while the answer is on its way: their letters are for the next one.
  function bufferKeys() {
    let text = "";
    const hear = (event) => {
      if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) text += event.key;
      if (event.key.length === 1 || event.key === "Enter") { event.preventDefault(); event.stopPropagation(); }
    };
    form.addEventListener("keydown", hear, true);
    form.setAttribute("aria-busy", "true");
    return () => {
      form.removeEventListener("keydown", hear, true);
      form.removeAttribute("aria-busy");
      return text;
    };
  }

  // --- A draft a tab: what is being typed survives a reload; whoever opens the page next takes over an orphan.
  async function saveDraft() {
    clearTimeout(drafting);
    if (!store || !tab || isLeaving()) return;
    const pins = sheet.pins();
    if (sheet.isBlank() && !pins.length) return store.dropDraft(tab);
    return store.draft(tab, { pairs: sheet.pairs(), pins });
  }
  const isLeaving = () => document.documentElement.dataset.leaving === "yes";
  async function takeTab() {
    for (const one of [...await store.drafts(), crypto.randomUUID()])
      if (await isFree(one)) return one;
  }
  const isFree = (name) => new Promise((good) => {
    navigator.locks.request(`floe-quick-tab:${name}`, { ifAvailable: true }, (lock) => {
      good(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    });
  });

  // --- Taking back: what still waits here, else the newest of what was stored.
  async function undoLast() {
    if (storing || !sender) return;
    const mine = (await store.list()).filter((one) => one.state === "waiting").at(-1);
    if (mine) {
      const what = await store.read(mine.place);
      const isGone = await sender.alone(async () => {
        const is = (await store.list()).some((one) => one.place === mine.place && one.state === "waiting");
        if (is) await store.drop(mine.place);
        return is;
      });
      if (isGone) return afterUndo(what);
    }
    const found = [...document.querySelectorAll("#quick-last [data-entry]")].find((one) => names.has(one.dataset.entry))
      || $("#quick-last [data-entry]");
    const deed = found && $("[data-undo]", found);
    if (!deed) return say(words.nothingToUndo);
    await undo(deed);
  }
  async function undo(deed) {
    const id = deed.closest("[data-entry]").dataset.entry;
    const { status, body } = await sender.post(deed.action, []);
    if (status !== 200) return sheet.show({ form: body?.detail || words.away });
    showLast(body.last);
    await afterUndo(lastOne?.id === id ? lastOne : null);
  }
  async function afterUndo(what) {
    if (what && sheet.isBlank()) { refill(what); await saveDraft(); }
    lastOne = null;
    say(words.undone);
    changed();
  }
  document.addEventListener("submit", (event) => {
    const deed = event.target.closest("[data-undo]");
    if (!deed || !sender) return;
    event.preventDefault();
    undo(deed);
  }, true);
  form.addEventListener("submit", (event) => {
    if (!sender) return;
    event.preventDefault();
    storeNow();
  });

  // --- "You have this person already", and a number that is none, while the person is still there.
  let asked = 0;
  form.addEventListener("change", async (event) => {
    const line = event.target;
    if (!sender || state || !data.known || !line.matches("[data-channel]")) return;
    const had = $("[data-had]", line.closest("[data-row]")), written = line.value.trim(), mine = ++asked;
    had.hidden = true;
    sheet.wrong(line.name.slice(2), "");
    if (!written) return;
    const { status, body } = await sender.post(data.known, [...sheet.facts(), ["written", written]]);
    if (status !== 200 || mine !== asked || line.value.trim() !== written) return;
    if (body.wrong) sheet.wrong(line.name.slice(2), body.wrong);
    had.replaceChildren(...new DOMParser().parseFromString(body.had, "text/html").body.childNodes);
    had.hidden = !body.had;
  });

  // --- Other tabs of the same person hear what this one did.
  const channel = store && new BroadcastChannel(`floe-quick:${owner}`);
  function changed() {
    channel?.postMessage({ did: "changed" });
    return showKept();
  }
  function settled(answer) {
    const good = waits.get(answer.id);
    if (good) return good(answer);
    if (answer.last) showLast(answer.last);
    // a slow answer: nobody has begun the next one, so the refused one stands in the form again
    if (answer.result === "refused" && answer.id === lastOne?.id && sheet.isBlank()) return correct(answer.place);
    showKept();
  }
  if (channel) channel.onmessage = ({ data: heard }) => {
    if (heard.did === "wiped") isLeaving() || location.reload();
    else if (heard.did === "settled") settled(heard.answer);
    else showKept();
  };

  if (store) {
    await store.forgetOld();
    tab = await takeTab();
    const draft = await store.readDraft(tab).catch(() => null);
    if (draft && sheet.isBlank()) sheet.fill(draft.pairs, draft.pins);
    sender = openSender({
      store, owner, token: $("meta[name=csrf-token]").content, addresses: { store: form.action, who: data.who },
      told: {
        failed: words.failed,
        state: showState,
        settled: (answer) => { channel.postMessage({ did: "settled", answer }); settled(answer); },
      },
    });
    $("#quick-state").hidden = false;
    showState(navigator.onLine ? "" : "away");
    await showKept();
    sender.flush();
    sheet.focusFirst();
    form.dataset.ready = "yes";
  } else {
    $("#quick-note").hidden = false;
    $("#quick-note-text").textContent = words.unkept;
  }
}
