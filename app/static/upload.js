// Sends a chosen file slice by slice, so that a lost network, a closed tab or a dead server costs one slice at most.
// Without this script the form sends the file whole. One module, no dependency, nothing inline.

const SMALLEST = 256 * 1024, SLOWEST = 15000, PATIENCE = 60000;
const language = document.documentElement.lang || "en";
const $ = (selector, root) => root.querySelector(selector);

// --- Words for figures.
const figure = (value, unit, digits = 0) =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
const bytes = (count) => (count < 1e6 ? figure(count / 1e3, "kilobyte") : figure(count / 1e6, "megabyte", 1));
const time = (seconds) => (seconds < 90 ? figure(Math.max(1, Math.round(seconds)), "second") : figure(Math.round(seconds / 60), "minute"));
const percent = (part) => new Intl.NumberFormat(language, { style: "percent" }).format(part);
const filled = (words, values) => words.replace(/{(\w+)}/g, (_, name) => values[name]);

// --- What a browser knows a file by again, before a byte of it is sent.
async function markOf(file, sliceBytes) {
  const first = await file.slice(0, sliceBytes).arrayBuffer();
  return `${file.lastModified}:${crypto.subtle ? await sha256(first) : checksum(first)}`;
}
const sha256 = async (data) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", data))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
function checksum(data) { // where the browser lends no SHA-256: a page without https
  let one = 0xdeadbeef, two = 0x41c6ce57;
  for (const byte of new Uint8Array(data)) {
    one = Math.imul(one ^ byte, 2654435761);
    two = Math.imul(two ^ byte, 1597334677);
  }
  return `${(one >>> 0).toString(16)}${(two >>> 0).toString(16)}`;
}

// --- Speaking to the server. A trouble that passes (`passes`) is tried again; any other is shown.
class Trouble extends Error {
  constructor(status, told = {}) {
    super(told.detail || "");
    Object.assign(this, { status, offset: told.offset, code: told.code, wait: told.retry_after });
    this.passes = status === 0 || status === 408 || status === 429 || status >= 500 || told.code === "slice_cut_off";
  }
}
const token = () => $("meta[name=csrf-token]", document).content;
function send(method, address, { body = null, headers = {}, onProgress = null, signal = null } = {}) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.timeout = PATIENCE;
    Object.entries({ Accept: "application/json", "X-CSRFToken": token(), ...headers }).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.onload = () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* not of ours: a proxy's page, or nothing */ }
      request.status >= 200 && request.status < 300 ? done(told) : failed(new Trouble(request.status, told));
    };
    request.onerror = request.ontimeout = () => failed(new Trouble(0));
    request.onabort = () => failed(new DOMException("", "AbortError"));
    if (onProgress) request.upload.onprogress = (step) => onProgress(step.loaded);
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

// --- One form with a file.
function attach(form) {
  const box = $("[data-slices]", form), input = $("input[type=file]", form), hidden = $("[name=upload_id]", form);
  const begin = box.dataset.slices, largest = Number(box.dataset.sliceBytes), say = (name) => box.dataset[`say${name[0].toUpperCase()}${name.slice(1)}`];
  const bar = $("progress", box), pause = $("[data-slices-pause]", box), error = $("[data-slices-error]", box);
  let job = null, submitter = null, isWanted = false, wakeUp = () => {};

  const announce = (words) => ($("[data-slices-said]", box).textContent = words);
  const state = (words, figures = "") => {
    $("[data-slices-state]", box).textContent = words;
    $("[data-slices-figures]", box).textContent = figures;
  };
  const rest = (ms) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    wakeUp = () => { clearTimeout(timer); done(); };
  });
  addEventListener("online", () => wakeUp());

  function show(work, sent) {
    const part = work.file.size ? sent / work.file.size : 0, words = [filled(say("of"), { done: bytes(sent), total: bytes(work.file.size) }), percent(part)];
    if (work.rate) words.push(filled(say("rate"), { size: bytes(work.rate) }));
    if (work.rate && performance.now() - work.began > 3000) words.push(filled(say("left"), { time: time((work.file.size - sent) / work.rate) }));
    bar.value = part;
    state(work.words || say("sending"), words.join(" · "));
    const quarter = Math.floor(part * 4);
    if (quarter > work.quarter) announce(percent(quarter / 4));
    work.quarter = Math.max(work.quarter, quarter);
  }
  function measure(work, sent) {
    const now = performance.now(), seconds = (now - work.at) / 1000;
    if (seconds < 0.2) return;
    const rate = Math.max(0, sent - work.seen) / seconds;
    work.rate = work.rate ? work.rate * 0.8 + rate * 0.2 : rate;
    Object.assign(work, { at: now, seen: sent });
  }

  // Waits longer after every failure in a row, until the network is back or somebody asks.
  async function lost(work, trouble) {
    work.step = Math.max(SMALLEST, work.step / 2);
    const wait = trouble.wait ? trouble.wait * 1000 : Math.min(SLOWEST, 1000 * 2 ** work.failures) * (0.75 + Math.random() / 2);
    if (!work.failures++) announce(say("lost"));
    work.rate = 0;
    state(say("lost"), filled(say("next"), { time: time(wait / 1000) }));
    await rest(wait);
  }
  async function again(work, act) {
    for (;;) {
      if (work !== job) throw new DOMException("", "AbortError");
      try {
        const told = await act();
        work.failures = 0;
        return told;
      } catch (trouble) {
        if (!trouble.passes) throw trouble;
        await lost(work, trouble);
      }
    }
  }

  async function slice(work) {
    const { signal } = (work.stop = new AbortController());
    const data = await work.file.slice(work.offset, work.offset + work.step).arrayBuffer().catch(() => { throw new Error(say("unreadable")); });
    if (signal.aborted) return; // paused or removed while the file was read
    Object.assign(work, { at: performance.now(), seen: work.offset });
    const headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(work.offset) };
    const onProgress = (loaded) => { measure(work, work.offset + loaded); show(work, Math.min(work.offset + loaded, work.file.size)); };
    try {
      const told = await send("PATCH", `${begin}/${work.id}`, { body: data, headers, onProgress, signal });
      Object.assign(work, { offset: told.offset, failures: 0, words: "", step: Math.min(largest, work.step * 2) });
    } catch (trouble) {
      if (trouble.name === "AbortError") return;
      if (trouble.code === "upload_finished") work.offset = work.file.size; // by another tab: this one goes where that one went
      else if (trouble.offset !== undefined) work.offset = trouble.offset;
      else if (trouble.status === 404) await open(work); // its day was over
      else if (trouble.passes) {
        await lost(work, trouble);
        if (work === job) work.offset = (await again(work, () => send("GET", `${begin}/${work.id}`))).offset;
      } else throw trouble;
    }
  }
  async function open(work) {
    const body = new URLSearchParams({ name: work.file.name, size: work.file.size, mark: work.mark });
    const told = await again(work, () => send("POST", begin, { body }));
    Object.assign(work, { id: told.id, offset: told.offset });
  }

  async function take(file) {
    job?.stop?.abort();
    const work = (job = { file, offset: 0, step: largest, failures: 0, rate: 0, quarter: 0, began: performance.now(), paused: false, words: "" });
    hidden.value = "";
    [error.hidden, box.hidden, pause.hidden] = [true, false, false];
    pause.textContent = say("pause");
    bar.value = 0;
    state(say("begin"));
    try {
      work.mark = await markOf(file, largest).catch(() => { throw new Error(say("unreadable")); });
      await open(work);
      if (work !== job) return;
      if (work.offset) announce(work.words = say("again"));
      $(`[data-begun="${work.id}"]`, document)?.remove();
      while (work === job && work.offset < file.size) {
        show(work, work.offset);
        await (work.paused ? rest(2 ** 30) : slice(work));
      }
      if (work === job) whole(work);
    } catch (trouble) {
      if (work === job) refused(trouble);
    }
  }
  function whole(work) {
    bar.value = 1;
    hidden.value = work.id;
    pause.hidden = true;
    state(say("whole"), bytes(work.file.size));
    announce(say("whole"));
    if (isWanted) finish();
  }
  function refused(trouble) {
    state(say("refused"));
    error.textContent = trouble.message || say("refused");
    error.hidden = false;
    pause.hidden = true;
    announce(error.textContent);
    job = null;
    release();
  }
  function release() {
    isWanted = false;
    delete form.dataset.sent;
    submitter?.removeAttribute("aria-busy");
  }

  pause.addEventListener("click", () => {
    if (!job) return;
    job.paused = !job.paused;
    pause.textContent = say(job.paused ? "resume" : "pause");
    if (job.paused) { job.stop?.abort(); Object.assign(job, { rate: 0, words: say("paused") }); } else job.words = "";
    show(job, job.offset);
    announce(job.paused ? say("paused") : say("sending"));
    wakeUp();
  });
  $("[data-slices-remove]", box).addEventListener("click", () => {
    const id = job?.id || hidden.value;
    job?.stop?.abort();
    job = null;
    release();
    hidden.value = input.value = "";
    input.dispatchEvent(new Event("change", { bubbles: true }));
    box.hidden = true;
    input.focus();
    wakeUp();
    if (id) send("DELETE", `${begin}/${id}`).catch(() => {}); // else its day ends it
  });
  input.addEventListener("change", () => input.files.length && take(input.files[0]));
  if (input.files.length) take(input.files[0]);

  // --- The next step opens once the file is here: the form goes without it, with the upload's id.
  form.addEventListener("submit", (event) => {
    if (!job && !hidden.value) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    submitter = event.submitter;
    submitter?.setAttribute("aria-busy", "true");
    isWanted = true;
    if (hidden.value) return finish();
    $("[data-slices-hint]", box).textContent = say("then");
    announce(say("then"));
    if (job.paused) pause.click();
  });
  async function finish() {
    const data = new FormData(form, submitter);
    data.delete(input.name);
    box.hidden = false;
    state(say("finishing"));
    bar.removeAttribute("value");
    for (const work = job || { failures: 0, step: largest };;) {
      try {
        const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "text/html" } });
        if (answer.status >= 500) throw new Trouble(answer.status, { retry_after: Number(answer.headers.get("Retry-After")) || undefined });
        if (answer.ok) return location.assign(answer.url);
        return replace(await answer.text());
      } catch (trouble) {
        await lost(work, trouble);
        state(say("finishing"));
      }
    }
  }
}

// A form that was refused comes back with its sentences, and knows that the file is here.
function replace(text) {
  const page = new DOMParser().parseFromString(text, "text/html"), fresh = $("#main", page);
  if (!fresh) return location.reload();
  $("#main", document).replaceWith(document.importNode(fresh, true));
  $("#main [role=alert]", document)?.focus();
  wake();
}
function wake() {
  document.querySelectorAll("form:has([data-slices])").forEach(attach);
}
wake();
